"""What a person writes and calls from, beside his main address: adding and taking away."""

from dataclasses import dataclass
from datetime import datetime

from tortoise.exceptions import IntegrityError

from core.audit import record
from core.database import transaction
from core.decision import Reason
from core.errors import InvalidFields, Refused
from core.people.actor import Actor
from core.people.addresses import canonical_email, canonical_phone
from core.people.administering import lock
from core.people.claiming import canonical_telephone, require_address, require_free_telephone
from core.people.lookup import canonical, person_by_id
from core.people.tables import Identity, Person
from core.profile import Profile

EMAIL, PHONE = "email", "phone"
MAX_OF_A_KIND = 5


@dataclass(frozen=True, slots=True)
class NewIdentity:
    """An address (`email`) or telephone (`phone`) of a person; a chat is linked by its own code instead."""

    person_id: int
    kind: str
    value: str


async def add(new: NewIdentity, profile: Profile, actor: Actor, now: datetime) -> Identity:
    """Let the person write or call from there, too.

    Raises `InvalidFields` under the kind's name, as `persons.add` does, and `Refused(NOT_FOUND)`.
    """
    if new.kind not in (EMAIL, PHONE):
        raise InvalidFields({"kind": ["must be email or phone"]})
    key = canonical(new.value) if new.kind == EMAIL else canonical_telephone(new.value)
    person = await person_by_id(new.person_id)

    try:
        async with transaction():
            await lock(person.organization_id, actor)
            await _require_there(person)
            await _require_room(person, new.kind)
            if new.kind == EMAIL:
                await require_address(key, person.organization_id, profile, actor)
            else:
                await require_free_telephone(key)

            identity = await Identity.create(person=person, kind=new.kind, key=key, created_at=now)
            await _changed(person, identity, "identity_added", actor, now)
    except IntegrityError as error:
        raise InvalidFields({new.kind: ["somebody already has this address or telephone"]}) from error
    return identity


async def _require_room(person: Person, kind: str) -> None:
    """One place of the quota is one person's, who has not a dozen mailboxes (S4-20)."""
    if await Identity.filter(person_id=person.id, kind=kind).count() >= MAX_OF_A_KIND:
        raise InvalidFields({kind: ["there are too many"]})


async def remove(person_id: int, identity_id: int, actor: Actor, now: datetime) -> Person:
    """Take an address, a telephone or a linked chat from the person; his main address stays.

    Raises `Refused(NOT_FOUND)` for what is not his, `InvalidFields` for the main address.
    """
    person = await person_by_id(person_id)

    async with transaction():
        await lock(person.organization_id, actor)
        await _require_there(person)
        identity = await Identity.get_or_none(id=identity_id, person_id=person.id)
        if identity is None:
            raise Refused(Reason.NOT_FOUND)
        if (identity.kind, identity.key) == (EMAIL, person.email):
            raise InvalidFields({"identity": ["the main address cannot be removed"]})

        await identity.delete()
        await _changed(person, identity, "identity_removed", actor, now)
    return person


async def identity_of(person: Person, value: str) -> Identity:
    """The person's identity that is called so: an address, a telephone, or a chat; or `InvalidFields`."""
    keys = {key for key in (canonical_email(value), canonical_phone(value), value) if key}
    identity = await Identity.filter(person_id=person.id, key__in=keys).first()
    if identity is None:
        raise InvalidFields({"value": ["he has no such address, telephone or chat"]})
    return identity


async def _require_there(person: Person) -> None:
    """Since he was looked up he may have become another's double."""
    await person.refresh_from_db()
    if person.merged_into_id is not None:
        raise Refused(Reason.NOT_FOUND)


async def _changed(person: Person, identity: Identity, action: str, actor: Actor, now: datetime) -> None:
    person.version += 1
    await person.save(update_fields=["version"])
    await record(
        actor.audit_name, action, f"identity:{identity.id}", now, f"person:{person.id} kind={identity.kind}"
    )
