"""End a ticket, or take it up again: close with a resolution, cancel with a reason, reopen."""

from core.decision import Reason
from core.deliveries import DeliveryKind
from core.errors import InvalidFields, Refused
from core.tickets import notices
from core.tickets.filing import Author, EntryText, Filing
from core.tickets.tables import FINAL, Status, Ticket


def guard_close(ticket: Ticket, resolution: str, *, field: str = "fields.resolution") -> None:
    """A closing needs its resolution, and a ticket that is still alive."""
    if ticket.status in FINAL:
        raise Refused(Reason.INVALID_TRANSITION)
    if not resolution.strip():
        raise InvalidFields({field: ["is required to close"]})


def close(
    filing: Filing,
    ticket: Ticket,
    author: Author,
    said: EntryText,
    participants: frozenset[int],
    *,
    internally: bool = False,
) -> None:
    """Close with `said` as the resolution: told to the customer, unless it is an internal note.

    He is told in either case that the ticket is closed, in one mail.
    """
    guard_close(ticket, said.text)

    kind, visibility = ("note", "internal") if internally else ("reply", "public")
    entry = filing.add_entry(ticket, kind, visibility, author, said)
    changes = filing.change(ticket, status=Status.CLOSED.value, closed_at=filing.now)

    event = filing.record(ticket, "closed", author, entry=entry, changes=changes)

    notices.tell_customers(filing, ticket, event, DeliveryKind.CLOSED, participants)


def cancel(filing: Filing, ticket: Ticket, author: Author, reason: str, participants: frozenset[int]) -> None:
    """Cancel before work began, for a reason the customer is told (S3-07)."""
    if ticket.status in FINAL or ticket.started_at is not None:
        raise Refused(Reason.INVALID_TRANSITION)
    if not reason.strip():
        raise InvalidFields({"reason": ["is required to cancel"]})

    entry = filing.add_entry(ticket, "system", "public", author, EntryText(reason, "api"))
    changes = filing.change(ticket, status=Status.CANCELLED.value, closed_at=filing.now)

    event = filing.record(ticket, "cancelled", author, entry=entry, changes=changes)

    notices.tell_customers(filing, ticket, event, DeliveryKind.CLOSED, participants)


def reopen(filing: Filing, ticket: Ticket, author: Author) -> None:
    """Take a closed or cancelled ticket up again."""
    if ticket.status not in FINAL:
        raise Refused(Reason.INVALID_TRANSITION)

    changes = filing.change(ticket, status=Status.OPEN.value, closed_at=None)

    event = filing.record(ticket, "reopened", author, changes=changes)

    notices.tell_agents(filing, ticket, event, DeliveryKind.AGENT_NOTICE, but=author.id)
