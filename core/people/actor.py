"""Who acts through the API, a page or the command line."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class ActorKind(StrEnum):
    """An agent, a person of a customer's organization, or the software itself."""

    AGENT = "agent"
    PERSON = "person"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """The one who acts. `role` is the agent's or person's; direction and admin read every ticket.

    `also` is what an agent may do in sectors beside his own: `read`, `note` (internal words) or
    `work`. A person who `administers` manages the users of his organization.
    """

    kind: ActorKind
    id: int = 0
    email: str = "system"
    name: str = ""
    role: str = ""
    sector: str = ""
    organization_id: int | None = None
    may_speak: bool = False
    administers: bool = False
    scopes: tuple[str, ...] = ()
    also: Mapping[str, str] = field(default_factory=dict)

    @property
    def reads_everything(self) -> bool:
        return self.kind is ActorKind.AGENT and self.role in ("direction", "admin")

    @property
    def audit_name(self) -> str:
        """How audit rows name the actor: by id, never by address."""
        return f"{self.kind}:{self.id}" if self.id else self.kind.value


SYSTEM = Actor(ActorKind.SYSTEM)
