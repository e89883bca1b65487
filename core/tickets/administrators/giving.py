"""Make somebody an organization's administrator, and let whom he replaces be one no more."""

from datetime import datetime

from tortoise.expressions import F

from core import audit
from core.people.rights import ADMIN, RightsChange, after, rights_of
from core.people.sessions import sign_out_everywhere
from core.people.tables import Identity, Person
from core.tickets.administrators.asked import Asked
from core.tickets.administrators.fitting import replaced
from core.tickets.administrators.keeping import object_of
from core.tickets.administrators.tables import AdministratorChange


async def give(asked: Asked, row: AdministratorChange, person: Person | None, now: datetime) -> Person:
    """Let `person`, or whoever is new, administer the organization; then take it from whom he replaces.

    In this order the organization is never without an administrator. Part of the caller's
    transaction, which holds the organization.
    """
    # Looked for before: the new one may bear the same name.
    former = await _former(asked, row)
    chosen = person or await _added(asked, row, now)
    await _set(chosen, row, now, administers=True)
    if former is not None and former.id != chosen.id:
        await _set(former, row, now, administers=False)
    return chosen


async def _former(asked: Asked, row: AdministratorChange) -> Person | None:
    """Whom the agents approved to be replaced, whatever he is called by now, and if merged, into whom."""
    if asked.replaces_id is None:
        return await replaced(asked.replaces, row.organization_id) if asked.replaces else None
    person = await Person.get_or_none(id=asked.replaces_id, organization_id=row.organization_id)
    if person is None or person.merged_into_id is None:
        return person
    return await Person.get_or_none(id=person.merged_into_id, organization_id=row.organization_id)


async def _added(asked: Asked, row: AdministratorChange, now: datetime) -> Person:
    person = await Person.create(
        organization_id=row.organization_id, name=asked.name, email=asked.email, role=ADMIN, may_speak=False,
        administers=True, created_at=now,
    )  # fmt: skip
    await Identity.create(person=person, kind="email", key=asked.email, created_at=now)
    await audit.record(
        "system", "user_added", f"person:{person.id}", now, object_of(row), after=rights_of(person).audited
    )
    return person


async def _set(person: Person, row: AdministratorChange, now: datetime, *, administers: bool) -> None:
    """A key user stays one; anybody else becomes an administrator, or a reader."""
    before = rights_of(person)
    wanted = after(before, RightsChange(administers=administers))
    if wanted == before:
        return
    await Person.filter(id=person.id).update(
        role=wanted.role, administers=wanted.administers, scopes=" ".join(wanted.scopes), version=F("version") + 1
    )
    await audit.record(
        "system", "user_rights_changed", f"person:{person.id}", now, object_of(row), before=before.audited,
        after=wanted.audited,
    )  # fmt: skip
    if wanted.are_less_than(before):
        # What he could do ends at once, and so do the pages he has open (W06).
        await sign_out_everywhere(person)
