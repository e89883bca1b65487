"""Two rows that are one person: the double gives all it has to the other."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from core.audit import record
from core.database import transaction
from core.decision import Reason
from core.errors import InvalidFields, Refused
from core.people.actor import Actor
from core.people.administering import lock, require_another_administrator
from core.people.lookup import person_by_id
from core.people.rights import Rights, give, rights_of
from core.people.sessions import sign_out_everywhere
from core.people.tables import AccessToken, Identity, LinkCode, Person, PersonMerge, SignInLink
from core.tickets.handing_over import (
    HandOver,
    hand_over_owned,
    hand_over_shared,
    hand_over_unsent,
    owned_by,
    shared_by,
)


class Moved(BaseModel):
    """What the merge took from the double, by ids, and the rights he had.

    `both` are tickets the other took part in as well, each with who had let the double in.
    """

    model_config = ConfigDict(frozen=True)

    identities: tuple[int, ...]
    owned: tuple[int, ...]
    shared: tuple[int, ...]
    both: dict[int, str] = {}
    role: str
    administers: bool
    scopes: str
    blocked: bool


async def merge(person_id: int, into_id: int, actor: Actor, now: datetime) -> PersonMerge:
    """Give what the double has to the other: identities, tickets, what is to be sent. Rights never grow by it.

    The double's tokens and sessions end. Raises `Refused(NOT_FOUND)`, `Refused(LAST_ADMINISTRATOR)`,
    and `InvalidFields` for two who cannot be one.
    """
    person, into = await person_by_id(person_id), await _other(into_id)
    _require_two_of_one_organization(person, into)

    async with transaction():
        await lock(person.organization_id, actor)
        await _require_joinable(person, into)
        before = rights_of(person)
        if before.counts_as_administrator:
            await require_another_administrator(person)

        moved = await _moved(person, into)
        await Identity.filter(id__in=list(moved.identities)).update(person_id=into.id)
        over = HandOver(person.id, into.id, "persons_merged", actor, now)
        await hand_over_owned(moved.owned, over)
        await hand_over_shared([*moved.shared, *moved.both], over)
        await hand_over_unsent(over)
        await _retire(person, into, now)
        joined = await PersonMerge.create(
            person=person, into=into, moved=moved.model_dump_json(), merged_by=actor.audit_name, merged_at=now
        )

        await record(
            actor.audit_name, "persons_merged", f"person:{person.id}", now, f"into person:{into.id}, merge:{joined.id}",
            before=before.audited, after=rights_of(person).audited,
        )  # fmt: skip
    return joined


async def _other(into_id: int) -> Person:
    try:
        return await person_by_id(into_id)
    except Refused as refused:
        raise _nobody() from refused


def _nobody() -> InvalidFields:
    return InvalidFields({"into": ["there is no such user in this organization"]})


def _require_two_of_one_organization(person: Person, into: Person) -> None:
    if person.organization_id != into.organization_id:
        raise _nobody()
    if person.id == into.id:
        raise InvalidFields({"into": ["nobody is merged into himself"]})


async def _require_joinable(person: Person, into: Person) -> None:
    """Since they were looked up one of them may have been merged. A block is not got rid of by a merge."""
    await person.refresh_from_db()
    await into.refresh_from_db()
    if person.merged_into_id is not None:
        raise Refused(Reason.NOT_FOUND)
    if into.merged_into_id is not None:
        raise _nobody()
    if person.blocked != into.blocked:
        raise InvalidFields({"into": ["one of the two is blocked"]})


async def _moved(person: Person, into: Person) -> Moved:
    identities = await Identity.filter(person_id=person.id).order_by("id")
    his, others = await shared_by(person.id), await shared_by(into.id)
    return Moved(
        identities=tuple(each.id for each in identities), owned=tuple(await owned_by(person.id)),
        shared=tuple(each for each in his if each not in others),
        both={each: by for each, by in his.items() if each in others}, role=person.role,
        administers=person.administers, scopes=person.scopes, blocked=person.blocked,
    )  # fmt: skip


async def _retire(person: Person, into: Person, now: datetime) -> None:
    """Nothing opens for the double any more, whatever is asked of his row."""
    person.merged_into_id = into.id
    await give(person, Rights(blocked=True), "merged_into_id")
    await sign_out_everywhere(person)
    await AccessToken.filter(person_id=person.id, revoked_at=None).update(revoked_at=now)
    await LinkCode.filter(person_id=person.id, used_at=None).delete()
    await SignInLink.filter(person_id=person.id, used_at=None).delete()
