"""A simulation's question and its answer, as values."""

from dataclasses import dataclass, field

from core.decision import Reason, Step
from core.tickets.tables import Ticket

# Our own trouble refuses nobody: the sender is asked to come again.
DEFER = "defer"


@dataclass(frozen=True, slots=True)
class Envelope:
    """How a mail would come: without `recipients` to the support mailbox, without `mail_from` from its From.

    An empty `mail_from` is a bounce's. `helo` is the peer's address in brackets where none is given.
    """

    recipients: tuple[str, ...] = ()
    mail_from: str | None = None
    peer: str = "127.0.0.1"
    helo: str = ""


@dataclass(frozen=True, slots=True)
class Simulated:
    """What would become of a message. `ticket` is the one it would join, or else succeed (`is_succeeded`)."""

    decision: str
    reason: Reason | None
    smtp: str | None
    trail: tuple[Step, ...] = ()
    ticket: Ticket | None = None
    threaded_by: str = ""
    is_succeeded: bool = False
    refused_recipients: dict[str, str] = field(default_factory=dict)

    def as_json(self, *, names_ticket: bool = True) -> dict[str, object]:
        """As INTERFACES.md §3 shows it; the protocol is null where the ticket is not to be named."""
        protocol = self.ticket.protocol if self.ticket and names_ticket else None
        thread = {"protocol": protocol, "by": self.threaded_by}
        return {
            "decision": self.decision,
            "reason": self.reason.value if self.reason else None,
            "thread": thread if self.ticket and not self.is_succeeded else None,
            "linked_to": protocol if self.is_succeeded else None,
            "trail": [{"rule": step.rule, "outcome": step.outcome} for step in self.trail],
            "smtp": self.smtp,
            "refused_recipients": self.refused_recipients,
        }
