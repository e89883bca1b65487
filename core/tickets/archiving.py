"""File a mail of the past: in its thread and at its own time, with nobody told and the ticket closed."""

from datetime import datetime

from core.message import InboundMessage
from core.tickets.complementing import add_words
from core.tickets.filing import SYSTEM_AUTHOR, Filing
from core.tickets.numbered import Numbered
from core.tickets.opening import open_from_message
from core.tickets.tables import FINAL, Status, Ticket


def open_archived(filing: Filing, message: InboundMessage, numbered: Numbered, at: datetime) -> Ticket:
    """A ticket as it stood when the mail was new, closed at that time: a late answer follows the usual rule (T11)."""
    with filing.in_the_past(at):
        ticket = open_from_message(filing, message, numbered)

        changes = filing.change(ticket, status=Status.CLOSED.value, closed_at=at)

        filing.record(ticket, "archived", SYSTEM_AUTHOR, changes=changes)
    return ticket


def add_archived(filing: Filing, ticket: Ticket, message: InboundMessage, threaded_by: str, at: datetime) -> None:
    """One entry more. The ticket stays as it is; one that had ended ended no sooner than its last mail."""
    with filing.in_the_past(at):
        author, entry = add_words(filing, ticket, message, threaded_by)

        changes = {}
        if ticket.status in FINAL and ticket.closed_at is not None and ticket.closed_at < at:
            changes = filing.change(ticket, closed_at=at)

        filing.record(ticket, "archived", author, entry=entry, changes=changes)
