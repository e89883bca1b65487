"""Add a customer's message to a ticket he has standing on; a closed one reopens or is succeeded."""

from dataclasses import replace
from datetime import datetime

from core.decision import Reason
from core.deliveries import DeliveryKind
from core.message import InboundMessage, Intent
from core.profile import Profile
from core.tickets import notices
from core.tickets.filing import Author, Filing
from core.tickets.new_rows import NewEntry
from core.tickets.opening import customer_of, said_in
from core.tickets.subjects import new_subject
from core.tickets.tables import FINAL, Participant, Status, Ticket


def succeeds(ticket: Ticket, message: InboundMessage, profile: Profile, now: datetime) -> bool:
    """Whether the message opens a new ticket linked to this one: it closed too long ago (T11)."""
    if ticket.status not in FINAL or ticket.closed_at is None or message.is_automatic:
        return False
    return now - ticket.closed_at > profile.reopen_within


def complement(filing: Filing, ticket: Ticket, message: InboundMessage, threaded_by: str) -> None:
    """File `message` as an entry of `ticket`; a customer's entry sets the status `open`.

    A machine's answer is kept but reopens nothing (RFC 3834 §2). A permitted colleague who writes
    becomes a participant by that rule, so that he hears the answer.
    """
    author, entry = add_words(filing, ticket, message, threaded_by)

    reopens = ticket.status in FINAL and not message.is_automatic
    changes = {}
    if ticket.status not in FINAL or reopens:
        changes = filing.change(ticket, status=Status.OPEN.value, closed_at=None)
    event = filing.record(ticket, "reopened" if reopens else "complemented", author, entry=entry, changes=changes)

    notices.tell_agents(filing, ticket, event, DeliveryKind.AGENT_NOTICE)


def add_words(
    filing: Filing, ticket: Ticket, message: InboundMessage, threaded_by: str
) -> tuple[Author, NewEntry]:
    """What `message` says as an entry; a colleague who writes belongs to the ticket from then on.

    Whoever wrote by an operator's release alone does not: he was heard, and is told nothing (T07).
    """
    author = customer_of(message)
    said = replace(said_in(message, threaded_by), subject=new_subject(message.title, ticket.title))
    entry = filing.add_entry(ticket, "inbound", "public", author, said)
    filing.store_message_id(ticket, message.message_id)
    is_stranger = Reason.NO_STANDING in message.released_rules
    if author.id and author.id != ticket.requester_id and not is_stranger:
        filing.participants.append(
            Participant(ticket_id=ticket.id, person_id=author.id, added_by="rule", added_at=filing.now)
        )
    return author, entry


def note_inquiry(filing: Filing, ticket: Ticket, message: InboundMessage) -> None:
    """Log a telephone call that only asked for news: an internal note, and no change of status."""
    author = Author("customer", message.speaker.id, message.speaker.name)
    entry = filing.add_entry(ticket, "note", "internal", author, said_in(message, "agent"))
    filing.record(ticket, "inquired", author, entry=entry)


def is_inquiry(message: InboundMessage) -> bool:
    """Whether the message only asks for news of a ticket."""
    return message.intent is Intent.INQUIRE
