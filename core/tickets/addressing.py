"""Whom a delivery reaches: looked up in bulk, the right of each recipient checked again at this moment."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from core.deliveries import Delivery, DeliveryKind, open_recipient
from core.message import Speaker, SpeakerKind
from core.people.actors import actor_of_agent
from core.people.tables import Agent, Identity, Person
from core.policy.standing import Parties, has_standing
from core.profile import Profile
from core.tickets.letters import Facts
from core.tickets.office import Office
from core.tickets.people_letters import may_have
from core.tickets.rights import may_note
from core.tickets.sparing import Spared, Why, spare
from core.tickets.tables import Entry, EntryAttachment, Event, Held, Participant, StoredMessageId, Ticket


@dataclass(slots=True)
class _Found:
    """The rows a batch of deliveries speaks of."""

    tickets: dict[int, Ticket] = field(default_factory=dict)
    entries: dict[UUID, Entry] = field(default_factory=dict)
    events: dict[UUID, str] = field(default_factory=dict)
    persons: dict[int, Person] = field(default_factory=dict)
    agents: dict[int, Agent] = field(default_factory=dict)
    participants: dict[int, set[int]] = field(default_factory=dict)
    chats: dict[int, list[str]] = field(default_factory=dict)
    threads: dict[int, list[tuple[UUID, str]]] = field(default_factory=dict)
    held: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Withheld:
    """A delivery that is not sent: why, and to whom, where he could have it."""

    why: Why
    name: str = ""


async def address(deliveries: Sequence[Delivery], office: Office, now: datetime) -> dict[UUID, Facts | Withheld]:
    """The facts of each delivery, or why it is not sent: its recipient may not have it any more (O04,
    O19), his mail comes back (L06), or a machine seems to answer (L02).
    """
    found = await _look_up(deliveries)
    spared = await spare(deliveries, found.entries, office.profile.mail.automatic_a_day, now)
    return {each.id: _judged(each, _facts(each, found, office), spared) for each in deliveries}


def _judged(delivery: Delivery, facts: Facts | None, spared: Spared) -> Facts | Withheld:
    if facts is None:
        return Withheld(Why.NO_RIGHT)
    if delivery.id in spared.withheld:
        return Withheld(spared.withheld[delivery.id], facts.name)
    return replace(facts, is_last=True) if delivery.id in spared.last else facts


async def files_of(facts: Facts) -> list[EntryAttachment]:
    """The files that go with the letter: those of a public entry to a customer, and no others."""
    if facts.entry is None or facts.entry.visibility != "public" or facts.delivery.recipient_kind != "person":
        return []
    if facts.delivery.kind not in (DeliveryKind.REPLY, DeliveryKind.CLOSED):
        return []
    return await EntryAttachment.filter(entry_id=facts.entry.id).order_by("id")


async def _look_up(deliveries: Sequence[Delivery]) -> _Found:
    tickets = {each.ticket_id for each in deliveries if each.ticket_id is not None}
    persons = {each.recipient_id for each in deliveries if each.recipient_kind == "person"}
    agents = {each.recipient_id for each in deliveries if each.recipient_kind == "agent"}
    confirmed = [each.detail for each in deliveries if each.kind == DeliveryKind.CONFIRM_ADDRESS]
    found = _Found(
        tickets=await Ticket.in_bulk(tickets, "id"),
        entries=await Entry.in_bulk({each.entry_id for each in deliveries if each.entry_id}, "id"),
        persons=await Person.in_bulk(persons, "id"),
        agents=await Agent.in_bulk(agents, "id"),
    )
    for event in await Event.filter(id__in={each.event_id for each in deliveries if each.event_id}):
        found.events[event.id] = event.kind
    for participant in await Participant.filter(ticket_id__in=tickets):
        found.participants.setdefault(participant.ticket_id, set()).add(participant.person_id)
    for row in await StoredMessageId.filter(ticket_id__in=tickets).order_by("id"):
        found.threads.setdefault(row.ticket_id, []).append((row.id, row.message_id))
    if any(each.channel == "telegram" for each in deliveries):
        for chat in await Identity.filter(kind="telegram", person_id__in=persons).order_by("id"):
            found.chats.setdefault(chat.person_id, []).append(chat.key)
    if confirmed:
        rows = await Held.filter(id__in=_uuids(confirmed), state="held").values_list("id", flat=True)
        found.held = {str(row) for row in rows}
    return found


def _uuids(texts: Iterable[str]) -> list[UUID]:
    return [UUID(text) for text in texts]


def _facts(delivery: Delivery, found: _Found, office: Office) -> Facts | None:
    ticket = found.tickets.get(delivery.ticket_id or 0)
    if delivery.recipient_kind in ("chat", "address"):
        return _unregistered(delivery, found, office)
    if ticket is None:
        return _about_no_ticket(delivery, found)
    if delivery.recipient_kind == "agent":
        recipient = _agent(found.agents.get(delivery.recipient_id), ticket)
    else:
        recipient = _person(delivery, found, ticket, office.profile)
    if recipient is None:
        return None
    name, where = recipient
    return Facts(
        delivery=delivery,
        name=name,
        address=where,
        ticket=ticket,
        entry=found.entries.get(delivery.entry_id) if delivery.entry_id else None,
        happened=found.events.get(delivery.event_id, "") if delivery.event_id else "",
        # What came after the delivery was written is left out: every try sends the same letter.
        thread=[text for id_, text in found.threads.get(ticket.id, ()) if id_ < delivery.id],
    )


def _unregistered(delivery: Delivery, found: _Found, office: Office) -> Facts | None:
    if delivery.kind == DeliveryKind.CONFIRM_ADDRESS and delivery.detail not in found.held:
        return None
    try:
        where = open_recipient(office.sealing, delivery.recipient_sealed or b"")
    except ValueError:
        return None  # Its key was removed, and with it the right to write there.
    # Of a ticket only a board hears so, and nothing but its protocol.
    ticket = found.tickets.get(delivery.ticket_id or 0) if delivery.kind == DeliveryKind.ACKNOWLEDGEMENT else None
    return Facts(delivery=delivery, name="", address=where, ticket=ticket)


def _about_no_ticket(delivery: Delivery, found: _Found) -> Facts | None:
    """Somebody of the directory hears of his account or his organization."""
    is_agent = delivery.recipient_kind == "agent"
    owner = found.agents.get(delivery.recipient_id) if is_agent else found.persons.get(delivery.recipient_id)
    if owner is None or not may_have(DeliveryKind(delivery.kind), owner):
        return None
    return Facts(delivery=delivery, name=owner.name, address=owner.email)


def _agent(agent: Agent | None, ticket: Ticket) -> tuple[str, str] | None:
    if agent is None or agent.blocked or not may_note(actor_of_agent(agent), ticket):
        return None
    return agent.name, agent.email


def _person(delivery: Delivery, found: _Found, ticket: Ticket, profile: Profile) -> tuple[str, str] | None:
    person = found.persons.get(delivery.recipient_id)
    if person is None:
        return None
    speaker = Speaker(
        kind=SpeakerKind.PERSON, id=person.id, name=person.name, email=person.email, role=person.role,
        organization_id=person.organization_id, may_speak=person.may_speak, blocked=person.blocked,
    )  # fmt: skip
    participants = frozenset(found.participants.get(ticket.id, ()))
    if not has_standing(speaker, Parties(ticket.requester_id, ticket.organization_id, participants), profile):
        return None
    if delivery.channel == "email":
        return person.name, person.email
    # A chat he unlinked since is not his any more.
    chats = found.chats.get(person.id, [])
    return (person.name, ticket.chat) if ticket.chat in chats else None
