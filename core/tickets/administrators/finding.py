"""A change of administrator by its id, for who may see it; to everybody else there is none."""

from core.decision import Reason
from core.errors import Refused
from core.people.actor import Actor, ActorKind
from core.profile import Profile
from core.tickets.administrators.tables import AdministratorChange
from core.tickets.rights import may_act, may_read

_MAX_ID = 2**31 - 1


async def change_to_read(change_id: str, actor: Actor, profile: Profile) -> AdministratorChange:
    """The change with its ticket and organization, for an agent who may read the ticket.

    Raises `Refused`: not_authorized for a customer, not_found for everything else.
    """
    if actor.kind is not ActorKind.AGENT:
        raise Refused(Reason.NOT_AUTHORIZED)
    row = await _row(change_id)
    if row is None or not await may_read(actor, row.ticket, profile):
        raise Refused(Reason.NOT_FOUND)
    return row


async def change_to_act_on(change_id: str, actor: Actor, profile: Profile) -> AdministratorChange:
    """The same, for an agent who may act on the ticket."""
    row = await change_to_read(change_id, actor, profile)
    if not may_act(actor, row.ticket):
        raise Refused(Reason.NOT_FOUND)
    return row


async def change_to_contest(change_id: str, actor: Actor) -> AdministratorChange:
    """The change his organization's administrators were told of; `Refused(NOT_FOUND)` for those of others.

    Whoever administers no organization is not authorized, whatever the id.
    """
    if actor.kind is not ActorKind.PERSON or not actor.administers:
        raise Refused(Reason.NOT_AUTHORIZED)
    row = await _row(change_id)
    if row is None or row.organization_id != actor.organization_id or row.contest_until is None:
        raise Refused(Reason.NOT_FOUND)
    return row


async def _row(change_id: str) -> AdministratorChange | None:
    is_possible = change_id.isascii() and change_id.isdigit() and len(change_id) < 11 and int(change_id) <= _MAX_ID
    if not is_possible:
        return None
    return await AdministratorChange.get_or_none(id=int(change_id)).select_related("ticket", "organization")
