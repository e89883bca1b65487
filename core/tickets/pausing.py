"""Set a ticket aside for a reason, and take it up again."""

from core.decision import Reason
from core.errors import InvalidFields, Refused
from core.tickets.filing import Author, EntryText, Filing
from core.tickets.tables import FINAL, Status, Ticket


def pend(filing: Filing, ticket: Ticket, author: Author, reason: str, *, is_said: bool = False) -> None:
    """Mark as pending; the reason stays as an internal note, unless the thread says it already."""
    if ticket.status in FINAL or ticket.status == Status.PENDING:
        raise Refused(Reason.INVALID_TRANSITION)
    if not reason.strip():
        raise InvalidFields({"reason": ["is required to set a ticket pending"]})

    entry = None if is_said else filing.add_entry(ticket, "note", "internal", author, EntryText(reason, "api"))
    changes = filing.change(ticket, status=Status.PENDING.value)

    filing.record(ticket, "pended", author, entry=entry, changes=changes)


def resume(filing: Filing, ticket: Ticket, author: Author) -> None:
    """Take a pending ticket up again."""
    if ticket.status != Status.PENDING:
        raise Refused(Reason.INVALID_TRANSITION)

    changes = filing.change(ticket, status=Status.OPEN.value)

    filing.record(ticket, "resumed", author, changes=changes)
