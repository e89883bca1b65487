"""Who may see and who may work on a ticket; to everybody else it does not exist (INTERFACES.md §7)."""

from core.decision import Reason
from core.errors import Refused
from core.message import Speaker, SpeakerKind
from core.people.actor import Actor, ActorKind
from core.policy.standing import Parties, has_standing
from core.profile import Profile
from core.tickets.changed import participants_of
from core.tickets.tables import Event, Ticket

MAX_PROTOCOL = 64


def may_act(actor: Actor, ticket: Ticket) -> bool:
    """Whether an agent may work on `ticket`: his sector's, or assigned to him; an admin on all."""
    if actor.kind is ActorKind.SYSTEM:
        return True
    if actor.kind is not ActorKind.AGENT:
        return False
    return actor.reads_everything or ticket.agent_id == actor.id or actor.sector == ticket.sector


async def own_ticket(protocol: str, actor: Actor, profile: Profile) -> Ticket:
    """The ticket of `protocol` when `actor` may read it; else `Refused(NOT_FOUND)`, whatever the cause."""
    # What no protocol can be is not asked for: databases refuse a NUL, and keys longer than their own.
    is_possible = protocol.isprintable() and len(protocol) <= MAX_PROTOCOL
    ticket = await Ticket.get_or_none(protocol=protocol) if is_possible else None
    if ticket is None or not await may_read(actor, ticket, profile):
        raise Refused(Reason.NOT_FOUND)
    return ticket


async def may_read(actor: Actor, ticket: Ticket, profile: Profile) -> bool:
    """An agent reads what he may act on and what he took part in; a customer what he has standing on."""
    if may_act(actor, ticket):
        return True
    if actor.kind is ActorKind.AGENT:
        # Whoever handed it on without a word took part as well.
        return await Event.exists(ticket_id=ticket.id, actor=actor.audit_name)
    if actor.kind is ActorKind.PERSON:
        return has_standing(speaker_of(actor), await parties_of(ticket), profile)
    return False


def speaker_of(actor: Actor) -> Speaker:
    """A signed-in person as the rule of standing sees him."""
    return Speaker(
        kind=SpeakerKind.PERSON, id=actor.id, name=actor.name, email=actor.email, role=actor.role,
        organization_id=actor.organization_id, may_speak=actor.may_speak,
    )  # fmt: skip


async def parties_of(ticket: Ticket) -> Parties:
    """Who belongs to the ticket now."""
    return Parties(ticket.requester_id, ticket.organization_id, await participants_of(ticket))
