"""People as INTERFACES.md shows them: one, a page of an organization's, or all. Doubles are left out."""

from collections.abc import Sequence
from typing import Any

from core.people.pages import Page, Place, page_of
from core.people.scopes import scopes_of
from core.people.tables import Identity, Person

Row = dict[str, Any]


async def list_all() -> list[Row]:
    """Everybody, by address."""
    return await rows(await Person.filter(merged_into_id=None).order_by("email"))


async def page(organization_id: int, place: Place) -> Page:
    """Some people of an organization, in the order they came."""
    found = Person.filter(organization_id=organization_id, merged_into_id=None, id__gt=place.after)
    shown, following = page_of(await found.order_by("id").limit(place.limit + 1), place)
    return Page(await rows(shown), following)


async def row(person: Person) -> Row:
    """One person."""
    return (await rows([person]))[0]


async def rows(persons: Sequence[Person]) -> list[Row]:
    """These people, each with what he writes and calls from."""
    identities: dict[int, list[Row]] = {person.id: [] for person in persons}
    for each in await Identity.filter(person_id__in=list(identities)).order_by("id"):
        identities[each.person_id].append(identity_row(each))
    return [_row(person, identities[person.id]) for person in persons]


def identity_row(identity: Identity) -> Row:
    """An address, telephone or linked chat."""
    return {"id": identity.id, "kind": identity.kind, "value": identity.key}


def _row(person: Person, identities: list[Row]) -> Row:
    return {
        "id": person.id,
        "email": person.email,
        "name": person.name,
        "role": person.role,
        "may_speak": person.may_speak,
        "blocked": person.blocked,
        "administers": person.administers,
        "scopes": list(scopes_of(person.scopes)),
        "version": person.version,
        "identities": identities,
    }
