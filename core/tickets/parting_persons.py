"""Parting two persons again who were merged and are not one."""

from datetime import datetime

from core.audit import record
from core.database import transaction
from core.decision import Reason
from core.errors import InvalidFields, Refused
from core.people.actor import Actor
from core.people.administering import lock, require_place
from core.people.rights import Rights, give, rights_of
from core.people.tables import Identity, Person, PersonMerge
from core.profile import Profile
from core.tickets.handing_over import HandOver, hand_over_owned, hand_over_shared, share_again
from core.tickets.joining_persons import Moved


async def undo(merge_id: int, profile: Profile, actor: Actor, now: datetime) -> Person:
    """Part them: what the double had and the other still has is the double's again, his rights too.

    His tokens and sessions stay ended. Raises `Refused(NOT_FOUND)`, `Refused(KEY_USER_QUOTA)` when his
    place was taken, and `InvalidFields` where there is nothing to part.
    """
    joined = await merge_by_id(merge_id)
    person, into = await Person.get(id=joined.person_id), await Person.get(id=joined.into_id)

    async with transaction():
        await lock(person.organization_id, actor)
        for each in (joined, person, into):
            await each.refresh_from_db()
        moved = Moved.model_validate_json(joined.moved)
        rights = Rights(moved.role, moved.administers, tuple(moved.scopes.split()), moved.blocked)
        await _require_partable(joined, into, rights, profile)

        await Identity.filter(id__in=list(moved.identities), person_id=into.id).update(person_id=person.id)
        await _require_main_address(person, now)
        over = HandOver(into.id, person.id, "merge_undone", actor, now)
        await hand_over_owned(moved.owned, over)
        await hand_over_shared(moved.shared, over)
        await share_again(moved.both, over)
        before = rights_of(person)
        person.merged_into_id = None
        await give(person, rights, "merged_into_id")
        joined.undone_by, joined.undone_at = actor.audit_name, now
        await joined.save(update_fields=["undone_by", "undone_at"])

        await record(
            actor.audit_name, "merge_undone", f"person:{person.id}", now, f"merge:{joined.id}",
            before=before.audited, after=rights.audited,
        )  # fmt: skip
    return person


async def merge_by_id(merge_id: int) -> PersonMerge:
    """The merge, or `Refused(NOT_FOUND)`."""
    joined = await PersonMerge.get_or_none(id=merge_id).select_related("person")
    if joined is None:
        raise Refused(Reason.NOT_FOUND)
    return joined


async def _require_partable(joined: PersonMerge, into: Person, rights: Rights, profile: Profile) -> None:
    if joined.undone_at is not None:
        raise InvalidFields({"merge": ["this merge was undone already"]})
    if into.merged_into_id is not None:
        raise InvalidFields({"merge": ["the user it was merged into is merged into another"]})
    if rights.may_speak:
        await require_place(into.organization_id, profile)


async def _require_main_address(person: Person, now: datetime) -> None:
    """Nobody is without his main address: where it was taken from the other meanwhile, he gets it back."""
    main = await Identity.get_or_none(kind="email", key=person.email)
    if main is None:
        await Identity.create(person=person, kind="email", key=person.email, created_at=now)
    elif main.person_id != person.id:
        raise InvalidFields({"merge": ["his main address belongs to somebody else now"]})
