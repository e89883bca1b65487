"""Who may see and who may work on a ticket; to everybody else it does not exist (INTERFACES.md §7)."""

from tortoise.expressions import Q, Subquery
from tortoise.queryset import QuerySet

from core.decision import Reason
from core.errors import Refused
from core.message import Speaker, SpeakerKind
from core.people.actor import Actor, ActorKind
from core.people.agent_rights import Level
from core.policy.standing import Parties, has_standing
from core.profile import Profile
from core.tickets.changed import participants_of
from core.tickets.tables import Event, Participant, Ticket

MAX_PROTOCOL = 64


def level_on(actor: Actor, ticket: Ticket) -> Level | None:
    """What an agent may do on `ticket` by its sector or because he has it; None where that gives him nothing.

    Everything on what is assigned to him or of his own sector, an admin on all; in another sector
    what he was allowed there (POL07).
    """
    if actor.kind is ActorKind.SYSTEM:
        return Level.WORK
    if actor.kind is not ActorKind.AGENT:
        return None
    if actor.reads_everything or ticket.agent_id == actor.id or actor.sector == ticket.sector:
        return Level.WORK
    allowed = actor.also.get(ticket.sector)
    return Level(allowed) if allowed else None


def may_act(actor: Actor, ticket: Ticket) -> bool:
    """Whether an agent may work on `ticket`."""
    return level_on(actor, ticket) is Level.WORK


def may_note(actor: Actor, ticket: Ticket) -> bool:
    """Whether an agent may at least keep internal notes on `ticket`."""
    return level_on(actor, ticket) in (Level.WORK, Level.NOTE)


def working_sectors(actor: Actor) -> list[str]:
    """The sectors whose tickets an agent may work on: his own, and those allowed him."""
    return [actor.sector, *(sector for sector, level in actor.also.items() if level == Level.WORK)]


async def own_ticket(protocol: str, actor: Actor, profile: Profile) -> Ticket:
    """The ticket of `protocol` when `actor` may read it; else `Refused(NOT_FOUND)`, whatever the cause."""
    # What no protocol can be is not asked for: databases refuse a NUL, and keys longer than their own.
    is_possible = protocol.isprintable() and len(protocol) <= MAX_PROTOCOL
    ticket = await Ticket.get_or_none(protocol=protocol) if is_possible else None
    if ticket is None or not await may_read(actor, ticket, profile):
        raise Refused(Reason.NOT_FOUND)
    return ticket


async def may_read(actor: Actor, ticket: Ticket, profile: Profile) -> bool:
    """An agent reads what his rights say and what he took part in; a customer what he has standing on.

    `readable` is the same rule as a query.
    """
    if level_on(actor, ticket):
        return True
    if actor.kind is ActorKind.AGENT:
        # Whoever handed it on without a word took part as well.
        return await Event.exists(ticket_id=ticket.id, actor=actor.audit_name)
    if actor.kind is ActorKind.PERSON:
        return has_standing(speaker_of(actor), await parties_of(ticket), profile)
    return False


def readable(actor: Actor, profile: Profile) -> QuerySet[Ticket]:
    """The tickets `actor` may read."""
    rows = Ticket.all()
    if actor.reads_everything or actor.kind is ActorKind.SYSTEM:
        return rows
    if actor.kind is ActorKind.AGENT:
        took_part = Event.filter(actor=actor.audit_name).values("ticket_id")
        by_right = Q(sector__in=[actor.sector, *actor.also]) | Q(agent_id=actor.id)
        return rows.filter(by_right | Q(id__in=Subquery(took_part)))
    if actor.kind is not ActorKind.PERSON or not actor.may_speak:
        return rows.filter(id=0)
    takes_part = Participant.filter(person_id=actor.id).values("ticket_id")
    own = Q(requester_id=actor.id) | Q(id__in=Subquery(takes_part))
    if profile.access.colleagues_have_standing and actor.organization_id:
        own |= Q(organization_id=actor.organization_id, requester_id__isnull=False)
    return rows.filter(own)


def speaker_of(actor: Actor) -> Speaker:
    """A signed-in person as the rule of standing sees him."""
    return Speaker(
        kind=SpeakerKind.PERSON, id=actor.id, name=actor.name, email=actor.email, role=actor.role,
        organization_id=actor.organization_id, may_speak=actor.may_speak,
    )  # fmt: skip


async def parties_of(ticket: Ticket) -> Parties:
    """Who belongs to the ticket now."""
    return Parties(ticket.requester_id, ticket.organization_id, await participants_of(ticket))
