"""Tickets as the API and the pages show them; what the profile hides is hidden in all of them."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from tortoise.expressions import Q

from core.clock import now
from core.decision import Reason
from core.deliveries import Delivery, waiting_to_leave
from core.errors import Refused
from core.people.actor import Actor, ActorKind
from core.people.agent_rights import Level
from core.people.tables import Agent, Organization, Person
from core.policy.sensitive import masked
from core.profile import Profile, Sensitive
from core.tickets.administrators.views import summary_of
from core.tickets.entry_views import Row, customer_view, entry_rows, shown_at
from core.tickets.rights import level_on, may_read, own_ticket, readable
from core.tickets.suggesting import suggestions
from core.tickets.tables import Entry, EntryAttachment, Event, Participant, Ticket


async def ticket_view(protocol: str, actor: Actor, profile: Profile) -> Row:
    """The ticket with its thread, as `actor` may see it; `Refused(NOT_FOUND)` where he may not."""
    ticket = await own_ticket(protocol, actor, profile)
    entries = await Entry.filter(ticket_id=ticket.id).order_by("seq")
    shown = (await summaries([ticket], profile))[0]
    leaving = await waiting_to_leave(ticket.id, now())
    if actor.kind is ActorKind.PERSON:
        # What may still be taken back was not said yet.
        return shown | await customer_view([each for each in entries if each.id not in leaving], profile)
    own = {each.id for each in entries if each.author_role == "agent" and each.author_id == actor.id}
    until = {str(each): shown_at(at) for each, at in leaving.items() if each in own}
    return shown | {
        "entries": [
            row | {"undo_until": until.get(row["id"])}
            for row in await entry_rows(entries, profile.sensitive, is_agent=True)
        ],
        "steps": [],
        "may": level_on(actor, ticket) or Level.READ,
        "participants": await _participants(ticket),
        "links": await _links(ticket, actor, profile),
        "suggestions": await suggestions(ticket, actor, profile),
        "deliveries": await _deliveries(ticket),
        "administrator_change": await summary_of(ticket.id),
    }


async def summaries(tickets: Sequence[Ticket], profile: Profile) -> list[Row]:
    """Tickets without their threads, in the given order, with the names looked up in bulk."""
    people = await _People.load(tickets)
    return [_summary(ticket, people, profile.sensitive) for ticket in tickets]


async def attachment_for(attachment_id: str, actor: Actor, profile: Profile) -> EntryAttachment:
    """The file when `actor` may read the entry it belongs to; else `Refused(NOT_FOUND)`."""
    try:
        file = await EntryAttachment.get_or_none(id=UUID(attachment_id)).select_related("entry__ticket")
    except ValueError:
        file = None
    if file is None or not await may_read(actor, file.entry.ticket, profile):
        raise Refused(Reason.NOT_FOUND)
    if actor.kind is ActorKind.PERSON and not await _is_said(file.entry):
        raise Refused(Reason.NOT_FOUND)
    return file


async def _is_said(entry: Entry) -> bool:
    """Whether customers see the entry already: it is public, and nobody can take it back any more."""
    return entry.visibility == "public" and entry.id not in await waiting_to_leave(entry.ticket_id, now())


async def raw_entry_for(entry_id: str, actor: Actor, profile: Profile) -> Entry:
    """The entry when it came as a mail and `actor` is an agent who may read it; else `Refused(NOT_FOUND)`.

    Never a customer: the mail as it came also tells what we do not show, such as hidden recipients.
    """
    try:
        entry = await Entry.get_or_none(id=UUID(entry_id)).select_related("ticket")
    except ValueError:
        entry = None
    if entry is None or entry.raw_digest is None or actor.kind is not ActorKind.AGENT:
        raise Refused(Reason.NOT_FOUND)
    if not await may_read(actor, entry.ticket, profile):
        raise Refused(Reason.NOT_FOUND)
    return entry


async def log_view(protocol: str, actor: Actor, profile: Profile) -> list[Row]:
    """Every change, oldest first: `at, who, action, field, before, after`, one row per field."""
    if actor.kind is not ActorKind.AGENT:
        raise Refused(Reason.NOT_FOUND)
    ticket = await own_ticket(protocol, actor, profile)
    events = await Event.filter(ticket_id=ticket.id).order_by("version")
    changed = [(event, *each) for event in events for each in (event.changes or {"": [None, None]}).items()]
    labels = [event.actor for event in events]
    labels += [f"{_NAMED[name]}:{number}" for _, name, ends in changed if name in _NAMED for number in ends if number]
    people = await _People.load([ticket], labels)
    return [
        {
            "at": event.at.isoformat(), "who": people.address(event.actor), "action": event.kind,
            "field": name.removesuffix("_id") or None, "before": people.shown(name, before, profile.sensitive),
            "after": people.shown(name, after, profile.sensitive),
        }  # fmt: skip
        for event, name, (before, after) in changed
    ]


# Fields of a log that hold somebody's id.
_NAMED = {"agent_id": "agent", "requester_id": "person", "participant_id": "person"}


class _People:
    """The persons, agents and organizations that rows name by id."""

    def __init__(self) -> None:
        self.persons: dict[int, Person] = {}
        self.agents: dict[int, Agent] = {}
        self.organizations: dict[int, Organization] = {}

    @classmethod
    async def load(cls, tickets: Sequence[Ticket], labels: Iterable[str] = ()) -> "_People":
        labels = [*labels, *(ticket.opened_by for ticket in tickets)]
        persons = _ids(labels, "person") | {t.requester_id for t in tickets if t.requester_id}
        agents = _ids(labels, "agent") | {t.agent_id for t in tickets if t.agent_id}
        people = cls()
        if persons:
            people.persons = {each.id: each for each in await Person.filter(id__in=persons)}
        if agents:
            people.agents = {each.id: each for each in await Agent.filter(id__in=agents)}
        if organizations := {t.organization_id for t in tickets if t.organization_id}:
            people.organizations = {each.id: each for each in await Organization.filter(id__in=organizations)}
        return people

    def address(self, label: str) -> str:
        """The e-mail address behind an event's actor, or `system`."""
        kind, _, number = label.partition(":")
        rows: dict[int, Any] = self.persons if kind == "person" else self.agents
        row = rows.get(int(number)) if number else None
        return str(row.email) if row else "system"

    def shown(self, field: str, value: Any, hidden: Sensitive) -> Any:
        """A logged value as people read it: somebody by his address."""
        if field in _NAMED and value:
            return self.address(f"{_NAMED[field]}:{value}")
        return masked(value, hidden) if isinstance(value, str) else value


def _ids(labels: Iterable[str], kind: str) -> set[int]:
    return {int(label.partition(":")[2]) for label in labels if label.startswith(f"{kind}:")}


def _summary(ticket: Ticket, people: _People, hidden: Sensitive) -> Row:
    requester = people.persons.get(ticket.requester_id or 0)
    agent = people.agents.get(ticket.agent_id or 0)
    organization = people.organizations.get(ticket.organization_id or 0)
    return {
        "protocol": ticket.protocol, "number": ticket.id, "title": masked(ticket.title, hidden),
        "status": ticket.status, "stage": ticket.stage or None, "sector": ticket.sector,
        "agent": agent.email if agent else None, "priority": ticket.priority, "category": ticket.category,
        "subcategory": ticket.subcategory, "reason": ticket.reason,
        "organization": organization.name if organization else None,
        "requester": {"name": ticket.requester_name, "email": requester.email if requester else None},
        "affected_customer": masked(ticket.affected_customer or "", hidden) or None,
        "opened_at": shown_at(ticket.opened_at), "opened_by": people.address(ticket.opened_by),
        "opened_via": ticket.opened_via, "due_at": shown_at(ticket.due_at), "deadline": None,
        "closed_at": shown_at(ticket.closed_at),
        "days_open": ((ticket.closed_at or now()) - ticket.opened_at).days, "version": ticket.version,
    }  # fmt: skip


async def _participants(ticket: Ticket) -> list[Row]:
    """Each with who let him in: an agent's address, or `rule` where he did so himself by writing."""
    rows = await Participant.filter(ticket_id=ticket.id).select_related("person").order_by("id")
    people = await _People.load([], [row.added_by for row in rows])
    return [
        {
            "id": row.person_id, "name": row.person.name, "email": row.person.email,
            "added_by": row.added_by if row.added_by == "rule" else people.address(row.added_by),
            "added_at": shown_at(row.added_at),
        }  # fmt: skip
        for row in rows
    ]


async def _links(ticket: Ticket, actor: Actor, profile: Profile) -> list[Row]:
    """Those `actor` may read: of others he does not hear that they are (W21)."""
    linked = Q(linked_to_id=ticket.id) | Q(id=ticket.linked_to_id or 0)
    return [
        {"protocol": each.protocol, "kind": "continues" if each.id == ticket.linked_to_id else "continued_by"}
        for each in await readable(actor, profile).filter(linked).order_by("id")
    ]


async def _deliveries(ticket: Ticket) -> list[Row]:
    rows = await Delivery.filter(ticket_id=ticket.id).order_by("created_at", "id")
    return [
        {
            "id": str(row.id), "kind": row.kind, "channel": row.channel, "state": row.state,
            "attempts": row.attempts, "last_error": row.last_error,
        }  # fmt: skip
        for row in rows
    ]
