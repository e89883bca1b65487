"""What an organization must keep whatever its administrators change: its quota, and one of them."""

from tortoise.queryset import QuerySet

from core.database import query
from core.decision import Reason
from core.errors import Refused
from core.people.actor import Actor, ActorKind
from core.people.tables import Organization, Person
from core.profile import Profile

KEY_USER = "key_user"


def require_manager(actor: Actor, organization_id: int) -> None:
    """Raise unless `actor` manages the users of that organization (W10).

    The desk's own admin manages all; an organization's administrator his own, and no other exists for
    him (`NOT_FOUND`); everybody else hears `NOT_AUTHORIZED`. The system may do everything.
    """
    if actor.kind is ActorKind.PERSON and actor.administers:
        if actor.organization_id != organization_id:
            raise Refused(Reason.NOT_FOUND)
        return
    require_desk_admin(actor)


def require_desk_admin(actor: Actor) -> None:
    """Raise `NOT_AUTHORIZED` unless `actor` is the desk's own admin, or the system."""
    if actor.kind is not ActorKind.SYSTEM and not (actor.kind is ActorKind.AGENT and actor.role == "admin"):
        raise Refused(Reason.NOT_AUTHORIZED)


async def lock(organization_id: int, actor: Actor) -> None:
    """Let nobody else change this organization's people until the transaction ends; its first statement.

    Raises `NOT_AUTHORIZED` when `actor` was an administrator of it and stopped being one meanwhile.
    """
    await query('UPDATE "organization" SET "name" = "name" WHERE "id" = $1', [organization_id])
    if actor.kind is ActorKind.PERSON and not await _administrators(organization_id).filter(id=actor.id).exists():
        raise Refused(Reason.NOT_AUTHORIZED)


async def require_place(organization_id: int, profile: Profile) -> None:
    """Raise `KEY_USER_QUOTA` unless one more key user fits (S4-20). Lock first.

    Whoever is blocked keeps his place: he is a key user still.
    """
    quota = quota_of(await Organization.get(id=organization_id), profile)
    taken = await Person.filter(organization_id=organization_id, role=KEY_USER).count()
    if quota is not None and taken >= quota:
        raise Refused(Reason.KEY_USER_QUOTA)


async def require_another_administrator(person: Person) -> None:
    """Raise `LAST_ADMINISTRATOR` when his organization has no other (S4-16). Lock first."""
    if not await _administrators(person.organization_id).exclude(id=person.id).exists():
        raise Refused(Reason.LAST_ADMINISTRATOR)


def _administrators(organization_id: int) -> QuerySet[Person]:
    return Person.filter(organization_id=organization_id, administers=True, blocked=False, merged_into_id=None)


def quota_of(organization: Organization, profile: Profile) -> int | None:
    """How many key users it may have; None is as many as it likes."""
    own: int | None = organization.key_user_quota
    return profile.access.key_user_quota if own is None else own
