"""An agent's own responder answers one of our notices: kept for his colleagues, and nobody is told of it."""

from core.tickets.filing import Author, EntryText, Filing
from core.tickets.tables import Ticket


def note_auto_reply(filing: Filing, ticket: Ticket, author: Author, said: EntryText) -> None:
    """Keep it as an internal note. A notice of it would be answered by the next responder (RFC 3834 §2)."""
    entry = filing.add_entry(ticket, "note", "internal", author, said)

    filing.record(ticket, "auto_replied", author, entry=entry)
