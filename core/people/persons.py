"""People of customers' organizations: adding one, with what he writes and calls from."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from tortoise.exceptions import IntegrityError

from core.audit import record
from core.database import transaction
from core.errors import InvalidFields
from core.people.actor import Actor
from core.people.administering import lock, require_place
from core.people.claiming import canonical_telephone, require_address, require_free_telephone
from core.people.lookup import canonical, organization_by_name
from core.people.rights import Rights, RightsChange, after
from core.people.tables import Identity, Organization, Person
from core.profile import Profile

MAX_NAME = 200


@dataclass(frozen=True, slots=True)
class NewPerson:
    """What is said of a person when he comes; `organization` is its name, `role` and the rest his rights.

    Whoever is given none is a reader.
    """

    email: str
    organization: str
    name: str = ""
    phone: str | None = None
    role: str | None = None
    may_speak: bool | None = None
    administers: bool | None = None
    scopes: Collection[str] | None = None


async def add(new: NewPerson, profile: Profile, actor: Actor, now: datetime) -> Person:
    """Add a person; a key user takes one of his organization's places and may speak at once.

    Raises `InvalidFields`, or `Refused(KEY_USER_QUOTA)` when no place is left.
    """
    email, phone = canonical(new.email), canonical_telephone(new.phone) if new.phone else None
    name = _name(new.name, email)
    rights = after(Rights(), RightsChange(new.role, new.may_speak, new.administers, new.scopes))
    organization = await organization_by_name(new.organization)

    try:
        async with transaction():
            await lock(organization.id, actor)
            await require_address(email, organization.id, profile, actor)
            if rights.may_speak:
                await require_place(organization.id, profile)
            if phone:
                await require_free_telephone(phone)

            person = await _insert(name, email, organization, rights, now)
            await Identity.create(person=person, kind="email", key=email, created_at=now)
            if phone:
                await Identity.create(person=person, kind="phone", key=phone, created_at=now)
            await record(
                actor.audit_name, "user_added", f"person:{person.id}", now, rights.role, after=rights.audited
            )
    except IntegrityError as error:
        raise InvalidFields({"email": ["somebody already has this address or telephone"]}) from error
    return person


def _name(text: str, email: str) -> str:
    name = (text.strip() or email.partition("@")[0])[:MAX_NAME]
    if not name.isprintable():
        raise InvalidFields({"name": ["must have between 1 and 200 characters"]})
    return name


async def _insert(name: str, email: str, organization: Organization, rights: Rights, now: datetime) -> Person:
    return await Person.create(
        organization=organization, name=name, email=email, role=rights.role, may_speak=rights.may_speak,
        administers=rights.administers, scopes=" ".join(rights.scopes), created_at=now,
    )  # fmt: skip
