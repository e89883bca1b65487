"""What a board asks for when it wants another administrator, and how the row keeps it sealed."""

import json
from dataclasses import asdict, dataclass

from core.keys import SealingKeys

_NEEDED = ("name", "cpf", "email")


@dataclass(frozen=True, slots=True)
class Asked:
    """Who is to become administrator, and whom he replaces; what is empty was not said, or not clearly.

    `cpf` is eleven digits, `email` canonical; `replaces` is a canonical address or a name, and
    `replaces_id` whom that meant when the second agent approved it.
    """

    name: str = ""
    cpf: str = ""
    email: str = ""
    replaces: str = ""
    replaces_id: int | None = None

    @property
    def missing(self) -> tuple[str, ...]:
        """What somebody has to fill in before it can be approved."""
        return tuple(each for each in _NEEDED if not getattr(self, each))


def sealed(asked: Asked, ticket_id: int, sealing: SealingKeys) -> bytes:
    """As the row of that ticket's change keeps it."""
    return sealing.seal(json.dumps(asdict(asked)).encode(), _context(ticket_id))


def opened(kept: bytes, ticket_id: int, sealing: SealingKeys) -> Asked:
    """What was sealed for that ticket; where its key is gone everything is missing."""
    try:
        return Asked(**json.loads(sealing.open(bytes(kept), _context(ticket_id))))
    except ValueError:
        return Asked()


def _context(ticket_id: int) -> str:
    return f"administrator_change/{ticket_id}"
