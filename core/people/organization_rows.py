"""Organizations as INTERFACES.md shows them: one, a page, or all."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from core.people.administering import KEY_USER, quota_of
from core.people.lookup import organization_by_name
from core.people.overrides import overrides_of
from core.people.pages import Page, Place, page_of
from core.people.tables import Organization, OrganizationDomain, Person
from core.profile import Profile

Row = dict[str, Any]


async def show(name: str, profile: Profile) -> Row:
    """One organization; raises `InvalidFields` when there is none of that name."""
    return await row(await organization_by_name(name), profile)


async def list_all(profile: Profile) -> list[Row]:
    """All organizations, by name."""
    return await rows(await Organization.all().order_by("name"), profile)


async def page(place: Place, profile: Profile, *, only: int | None = None, named: str = "") -> Page:
    """Some organizations in the order they came, or the one that is somebody's own; `named` is part of a name."""
    found = Organization.filter(id__gt=place.after)
    found = found.filter(name__icontains=named) if named else found
    found = found.filter(id=only) if only is not None else found
    shown, following = page_of(await found.order_by("id").limit(place.limit + 1), place)
    return Page(await rows(shown, profile), following)


async def row(organization: Organization, profile: Profile) -> Row:
    """One organization."""
    return (await rows([organization], profile))[0]


async def rows(organizations: Sequence[Organization], profile: Profile) -> list[Row]:
    """These organizations, with their domains and how many key users they have."""
    ids = [each.id for each in organizations]
    domains: dict[int, list[str]] = {each: [] for each in ids}
    for organization_id, domain in await (
        OrganizationDomain.filter(organization_id__in=ids).order_by("domain").values_list("organization_id", "domain")
    ):
        domains[organization_id].append(domain)
    key_users = await Person.filter(organization_id__in=ids, role=KEY_USER)
    taken = Counter(each.organization_id for each in key_users)
    return [_row(each, domains[each.id], taken[each.id], profile) for each in organizations]


def _row(organization: Organization, domains: list[str], key_users: int, profile: Profile) -> Row:
    overrides = overrides_of(organization.overrides)
    return {
        "id": organization.id,
        "name": organization.name,
        "domains": domains,
        "document": organization.document,
        "key_user_quota": quota_of(organization, profile),
        "key_users": key_users,
        "board_mailbox": organization.board_mailbox,
        "overrides": [each.model_dump(mode="json") for each in overrides],
    }
