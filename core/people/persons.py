"""Users of a customer's organization: adding them, and giving and taking the right to speak."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tortoise.exceptions import IntegrityError

from core.audit import record
from core.database import query, transaction
from core.decision import Reason
from core.errors import InvalidFields, Refused
from core.people.actor import Actor
from core.people.addresses import canonical_phone
from core.people.lookup import (
    canonical,
    organization_by_name,
    person_by_email,
    require_free_address,
    require_not_ours,
)
from core.people.organizations import KEY_USER, quota_of
from core.people.scopes import TOTAL, spelled
from core.people.sessions import sign_out_everywhere
from core.people.tables import Identity, Organization, Person
from core.profile import Profile

ADMIN = "admin"
ROLES = (KEY_USER, ADMIN, "reader")


@dataclass(frozen=True, slots=True)
class NewPerson:
    """What is said of a user when he comes."""

    email: str
    organization: str
    name: str = ""
    phone: str | None = None
    role: str = "reader"


async def add(new: NewPerson, profile: Profile, actor: Actor, now: datetime) -> Person:
    """Add a user; a key user takes one of his organization's places and may speak at once.

    Raises `InvalidFields`, or `Refused(KEY_USER_QUOTA)` when no place is left.
    """
    email, phone = canonical(new.email), _phone(new.phone)
    require_not_ours(email, profile)
    if new.role not in ROLES:
        raise InvalidFields({"role": [f"must be one of {', '.join(ROLES)}"]})
    organization = await organization_by_name(new.organization)

    try:
        async with transaction():
            await _lock(organization.id)
            person = await _insert(new, organization, (email, phone), profile, now)
            await record(actor.audit_name, "user_added", f"person:{person.id}", now, new.role)
    except IntegrityError as error:
        raise InvalidFields({"email": ["somebody already has this address or telephone"]}) from error
    return person


async def _insert(
    new: NewPerson, organization: Organization, keys: tuple[str, str | None], profile: Profile, now: datetime
) -> Person:
    email, phone = keys
    await require_free_address(email)
    await _require_free_phone(phone)
    if new.role == KEY_USER:
        await _require_place(organization, profile)
    person = await Person.create(
        organization=organization, name=(new.name.strip() or email.partition("@")[0])[:200], email=email,
        role=new.role, may_speak=new.role == KEY_USER, administers=new.role == ADMIN,
        scopes=spelled(TOTAL) if new.role == KEY_USER else "", created_at=now,
    )  # fmt: skip
    await Identity.create(person=person, kind="email", key=email, created_at=now)
    if phone:
        await Identity.create(person=person, kind="phone", key=phone, created_at=now)
    return person


def _phone(text: str | None) -> str | None:
    if not text:
        return None
    key = canonical_phone(text)
    if key is None:
        raise InvalidFields({"phone": ["not a telephone number"]})
    return key


async def _require_free_phone(key: str | None) -> None:
    if key and await Identity.exists(kind="phone", key=key):
        raise InvalidFields({"phone": ["somebody already has this telephone"]})


async def authorize(email: str, profile: Profile, actor: Actor, now: datetime) -> Person:
    """Make a key user of a user: he may speak with support, and takes a place of the quota."""
    person = await person_by_email(email)

    async with transaction():
        await _lock(person.organization_id)
        await person.refresh_from_db()
        if person.role != KEY_USER:
            await _require_place(await Organization.get(id=person.organization_id), profile)
        person.role, person.may_speak, person.scopes = KEY_USER, True, spelled(TOTAL)
        await person.save(update_fields=["role", "may_speak", "scopes"])
        await record(actor.audit_name, "user_authorized", f"person:{person.id}", now)
    return person


async def _lock(organization_id: int) -> None:
    """Let nobody else count or take this organization's places until the transaction ends."""
    await query('UPDATE "organization" SET "name" = "name" WHERE "id" = $1', [organization_id])


async def _require_place(organization: Organization, profile: Profile) -> None:
    quota = quota_of(organization, profile)
    taken = await Person.filter(organization_id=organization.id, role=KEY_USER).count()
    if quota is not None and taken >= quota:
        raise Refused(Reason.KEY_USER_QUOTA, f"all {quota} places for key users are taken")


async def revoke(email: str, actor: Actor, now: datetime) -> Person:
    """Take the right to speak; a key user becomes a reader, and his place is free again."""
    person = await person_by_email(email)

    async with transaction():
        await Person.filter(id=person.id, role=KEY_USER).update(role="reader")
        await Person.filter(id=person.id).update(may_speak=False)
        await record(actor.audit_name, "user_revoked", f"person:{person.id}", now)
    await person.refresh_from_db()
    return person


async def block(email: str, actor: Actor, now: datetime) -> Person:
    """Shut a user out everywhere, sessions and tokens included."""
    person = await _set_blocked(email, True, actor, now)
    await sign_out_everywhere(person)
    return person


async def unblock(email: str, actor: Actor, now: datetime) -> Person:
    """Let a blocked user in again, with the rights he had."""
    return await _set_blocked(email, False, actor, now)


async def _set_blocked(email: str, blocked: bool, actor: Actor, now: datetime) -> Person:  # noqa: FBT001
    person = await person_by_email(email)

    async with transaction():
        await Person.filter(id=person.id).update(blocked=blocked)
        action = "user_blocked" if blocked else "user_unblocked"
        await record(actor.audit_name, action, f"person:{person.id}", now)
    person.blocked = blocked
    return person


async def list_all() -> list[dict[str, Any]]:
    """All users as JSON, by address."""
    return [row(person) for person in await Person.all().order_by("email")]


def row(person: Person) -> dict[str, Any]:
    """The user as INTERFACES.md shows him."""
    return {
        "id": person.id,
        "email": person.email,
        "name": person.name,
        "role": person.role,
        "may_speak": person.may_speak,
        "blocked": person.blocked,
    }
