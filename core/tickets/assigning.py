"""Who has a ticket: assign it, start on it, or release it for somebody else to take."""

from core.decision import Reason
from core.deliveries import DeliveryKind
from core.errors import Refused
from core.people.tables import Agent
from core.tickets import notices
from core.tickets.filing import Author, Filing
from core.tickets.tables import FINAL, Status, Ticket


def assign(filing: Filing, ticket: Ticket, author: Author, agent: Agent) -> None:
    """Give the ticket to `agent`, who is told unless he took it himself."""
    if ticket.status in FINAL:
        raise Refused(Reason.INVALID_TRANSITION)

    changes = filing.change(ticket, agent_id=agent.id)

    event = filing.record(ticket, "assigned", author, changes=changes)

    notices.tell_agents(filing, ticket, event, DeliveryKind.NOTE_NOTICE, but=author.id)


def start(filing: Filing, ticket: Ticket, author: Author) -> None:
    """Begin work; whoever starts has the ticket when nobody else has."""
    if ticket.status in FINAL:
        raise Refused(Reason.INVALID_TRANSITION)

    changes = filing.change(
        ticket,
        agent_id=ticket.agent_id or author.id,
        started_at=ticket.started_at or filing.now,
        status=Status.OPEN.value,
    )

    filing.record(ticket, "started", author, changes=changes)


def release(filing: Filing, ticket: Ticket, author: Author) -> None:
    """Give up one's hold, so that another may take it (S1-10)."""
    if ticket.status in FINAL or ticket.agent_id is None:
        raise Refused(Reason.INVALID_TRANSITION)

    changes = filing.change(ticket, agent_id=None)

    filing.record(ticket, "released", author, changes=changes)
