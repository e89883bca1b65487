"""An agent's words on a ticket: a public reply that leaves the house, or a note that never does."""

from dataclasses import dataclass
from datetime import timedelta

from core.decision import Reason
from core.deliveries import DeliveryKind
from core.errors import InvalidFields, Refused
from core.message import Attachment
from core.people.actor import Actor, ActorKind
from core.tickets import notices
from core.tickets.changed import Changed, changing, participants_of
from core.tickets.filing import Author, EntryText, Filing
from core.tickets.new_rows import NewEntry
from core.tickets.office import Office
from core.tickets.rights import may_act, may_note, own_ticket
from core.tickets.tables import FINAL, Status, Ticket


def reply(
    filing: Filing, ticket: Ticket, author: Author, said: EntryText, participants: frozenset[int]
) -> NewEntry:
    """Answer the customer in public; the ticket then awaits him. A final one stays final."""
    entry = filing.add_entry(ticket, "reply", "public", author, said)

    changes = {}
    if ticket.status not in FINAL:
        changes = filing.change(
            ticket, status=Status.AWAITING_CUSTOMER.value, started_at=ticket.started_at or filing.now
        )
    event = filing.record(ticket, "replied", author, entry=entry, changes=changes)

    notices.tell_customers(filing, ticket, event, DeliveryKind.REPLY, participants)
    return entry


def note(filing: Filing, ticket: Ticket, author: Author, said: EntryText) -> NewEntry:
    """Keep an internal note and tell the other agents who handle the ticket."""
    entry = filing.add_entry(ticket, "note", "internal", author, said)

    event = filing.record(ticket, "noted", author, entry=entry)

    notices.tell_agents(filing, ticket, event, DeliveryKind.NOTE_NOTICE, but=author.id)
    return entry


@dataclass(frozen=True, slots=True)
class EntryDraft:
    """An entry as the API or the console brings it; a reply may be taken back for `undo_seconds`."""

    text: str
    visibility: str = "public"
    attachments: tuple[Attachment, ...] = ()
    channel: str = "api"
    undo_seconds: int = 0


async def add_entry(protocol: str, draft: EntryDraft, actor: Actor, office: Office) -> Changed:
    """Add an agent's reply or note, or the customer's own complement, to the ticket of `protocol`.

    Raises `Refused(NOT_FOUND)` where the actor has no right, `InvalidFields` on an empty text.
    """
    if not draft.text.strip():
        raise InvalidFields({"text": ["must not be empty"]})
    if draft.visibility not in ("public", "internal"):
        raise InvalidFields({"visibility": ["must be public or internal"]})
    said = EntryText(draft.text, draft.channel, attachments=draft.attachments)
    ticket_id = (await own_ticket(protocol, actor, office.profile)).id

    async with changing(office) as change:
        ticket = await change.lock(ticket_id)
        if ticket is None:
            raise Refused(Reason.NOT_FOUND)
        if actor.kind is ActorKind.PERSON:
            return change.done(ticket, _complement(change.filing, ticket, actor, draft))
        is_internal = draft.visibility == "internal"
        if not (may_note if is_internal else may_act)(actor, ticket):
            raise Refused(Reason.NOT_FOUND)
        author = Author("agent", actor.id, actor.name)
        if is_internal:
            return change.done(ticket, note(change.filing, ticket, author, said))
        entry = reply(change.filing, ticket, author, said, await participants_of(ticket))
        if draft.undo_seconds:
            change.filing.hold_back(entry, change.filing.now + timedelta(seconds=draft.undo_seconds))
        return change.done(ticket, entry)


def _complement(filing: Filing, ticket: Ticket, actor: Actor, draft: EntryDraft) -> NewEntry:
    """A customer's own entry: always public, whatever the request said (SECURITY.md W11)."""
    author = Author("customer", actor.id, actor.name)
    said = EntryText(
        draft.text, draft.channel, threaded_by="form", authentication="session", attachments=draft.attachments
    )
    entry = filing.add_entry(ticket, "inbound", "public", author, said)

    reopens = ticket.status in FINAL
    changes = filing.change(ticket, status=Status.OPEN.value, closed_at=None)
    event = filing.record(ticket, "reopened" if reopens else "complemented", author, entry=entry, changes=changes)

    notices.tell_agents(filing, ticket, event, DeliveryKind.AGENT_NOTICE)
    return entry
