"""Giving and taking a person's rights: one verb for all of it, and the short ones of every day."""

from dataclasses import dataclass
from datetime import datetime

from core.audit import record
from core.database import transaction
from core.decision import Reason
from core.errors import InvalidFields, Refused
from core.people.actor import Actor
from core.people.administering import lock, require_another_administrator, require_place
from core.people.lookup import person_by_email, person_by_id
from core.people.rights import NOTHING, Rights, RightsChange, after, give, rights_of
from core.people.sessions import sign_out_everywhere
from core.people.sign_in_links import end_all
from core.people.tables import Person
from core.profile import Profile

MAX_NAME = 200


@dataclass(frozen=True, slots=True)
class PersonChange:
    """What is to be different about a person; `version` is the one he was last seen with."""

    person_id: int
    rights: RightsChange = NOTHING
    name: str | None = None
    version: int | None = None


async def change(wanted: PersonChange, profile: Profile, actor: Actor, now: datetime) -> Person:
    """Change a person's rights or name; his sessions end where rights shrink or the role is another (W06).

    Raises `InvalidFields`, or `Refused`: `NOT_FOUND`, `STALE_VERSION`, `KEY_USER_QUOTA` (S4-20),
    `LAST_ADMINISTRATOR` (S4-16). Neither of the last two is broken by two requests at once.
    """
    return await _apply(await person_by_id(wanted.person_id), wanted, actor, now, profile=profile)


async def authorize(email: str, profile: Profile, actor: Actor, now: datetime) -> Person:
    """Make a key user of a person: he may speak with support, and takes a place of the quota."""
    person = await person_by_email(email)
    return await change(PersonChange(person.id, RightsChange(may_speak=True)), profile, actor, now)


async def revoke(email: str, actor: Actor, now: datetime) -> Person:
    """Take the right to speak: a key user becomes a reader, or an administrator if he is one too."""
    person = await person_by_email(email)
    return await _apply(person, PersonChange(person.id, RightsChange(may_speak=False)), actor, now)


async def block(email: str, actor: Actor, now: datetime) -> Person:
    """Shut a person out everywhere, sessions and tokens included; what he owns and wrote stays (W22)."""
    person = await person_by_email(email)
    return await _apply(person, PersonChange(person.id, RightsChange(blocked=True)), actor, now)


async def unblock(email: str, actor: Actor, now: datetime) -> Person:
    """Let a blocked person in again, with the rights he had; a key user had kept his place."""
    person = await person_by_email(email)
    return await _apply(person, PersonChange(person.id, RightsChange(blocked=False)), actor, now)


async def _apply(
    person: Person, wanted: PersonChange, actor: Actor, now: datetime, *, profile: Profile | None = None
) -> Person:
    """`profile` is only missing where nobody can become a key user."""
    name = _name(wanted.name)

    async with transaction():
        await lock(person.organization_id, actor)
        await person.refresh_from_db()
        _require_version(person, wanted.version)
        before = rights_of(person)
        rights = after(before, wanted.rights)
        await _require_keeping(person, before, rights, profile)

        if rights == before and name in (None, person.name):
            return person
        person.name = name or person.name
        await give(person, rights, "name")
        if rights != before:
            await record(
                actor.audit_name, _action(before, rights), f"person:{person.id}", now, before=before.audited,
                after=rights.audited,
            )  # fmt: skip
        else:
            await record(actor.audit_name, "user_renamed", f"person:{person.id}", now)
        if rights.are_less_than(before):
            await sign_out_everywhere(person)
        if person.blocked:
            # What was sent to him before must not let him in when the block is lifted.
            await end_all(person, now)
    return person


def _require_version(person: Person, version: int | None) -> None:
    if person.merged_into_id is not None:
        raise Refused(Reason.NOT_FOUND)
    if version not in (None, person.version):
        raise Refused(Reason.STALE_VERSION, "Somebody changed this user meanwhile.")


async def _require_keeping(person: Person, before: Rights, rights: Rights, profile: Profile | None) -> None:
    if rights.may_speak and not before.may_speak and profile is not None:
        await require_place(person.organization_id, profile)
    if before.counts_as_administrator and not rights.counts_as_administrator:
        await require_another_administrator(person)


def _action(before: Rights, rights: Rights) -> str:
    if before.blocked != rights.blocked:
        return "user_blocked" if rights.blocked else "user_unblocked"
    if before.may_speak != rights.may_speak:
        return "user_authorized" if rights.may_speak else "user_revoked"
    return "user_rights_changed"


def _name(text: str | None) -> str | None:
    if text is None:
        return None
    name = text.strip()
    if not name or len(name) > MAX_NAME or not name.isprintable():
        raise InvalidFields({"name": ["must have between 1 and 200 characters"]})
    return name
