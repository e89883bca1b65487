"""One user of an organization, and what may be changed about him: `/portal/people/{id}` for his administrator."""

from collections.abc import Mapping

from aiohttp import web

from core import clock
from core.decision import Reason
from core.errors import Refused
from core.people import granting, link_codes
from core.people.granting import PersonChange
from core.people.rights import RightsChange
from core.people.tables import Person
from core.profile import Scope
from webhooks.console.form_fields import read_own_form
from webhooks.counter import counter_of
from webhooks.portal.managed import Managed, Verbs, below, number_of
from webhooks.portal.people_page import PATH, own_people
from webhooks.portal.person_page import person_page

_ACTS = {
    "authorise": RightsChange(may_speak=True), "revoke": RightsChange(may_speak=False),
    "block": RightsChange(blocked=True), "unblock": RightsChange(blocked=False),
    "make-administrator": RightsChange(administers=True), "unmake-administrator": RightsChange(administers=False),
}  # fmt: skip


async def show(request: web.Request, managed: Managed) -> web.StreamResponse:
    """What is known of him."""
    return await person_page(request, managed, await person_of(request, managed))


async def narrow(request: web.Request, managed: Managed) -> web.StreamResponse:
    """Let him ask for what is ticked, and for nothing else (S4-03)."""
    fields = await read_own_form(request, managed.browser.csrf_token)
    wanted = RightsChange(scopes=[each.value for each in Scope if f"scope_{each.value}" in fields])
    return await _change(request, managed, wanted, fields)


async def rename(request: web.Request, managed: Managed) -> web.StreamResponse:
    """Call him something else."""
    fields = await read_own_form(request, managed.browser.csrf_token)
    return await _change(request, managed, RightsChange(), fields, name=fields.get("name", ""))


async def link_telegram(request: web.Request, managed: Managed) -> web.StreamResponse:
    """A code he links his chat with, shown once and never in an address."""
    await read_own_form(request, managed.browser.csrf_token)
    person = await person_of(request, managed)

    code = await link_codes.issue(person.email, clock.now(), actor=managed.browser.actor)

    return await person_page(request, managed, person, code=code)


async def change_rights(request: web.Request, managed: Managed) -> web.StreamResponse:
    """Give or take one right; what the organization must keep is said on the page."""
    fields = await read_own_form(request, managed.browser.csrf_token)
    wanted = _ACTS.get(request.match_info["act"])
    if wanted is None:
        raise Refused(Reason.NOT_FOUND)
    return await _change(request, managed, wanted, fields)


async def _change(
    request: web.Request,
    managed: Managed,
    wanted: RightsChange,
    fields: Mapping[str, str],
    *,
    name: str | None = None,
) -> web.StreamResponse:
    person = await person_of(request, managed)
    change = PersonChange(person.id, wanted, name, number_of(fields.get("version", "")))
    try:
        await granting.change(change, counter_of(request).office.profile, managed.browser.actor, clock.now())
    except Refused as refused:
        await person.refresh_from_db()
        return await person_page(request, managed, person, refused=refused, draft=fields)
    return web.Response(status=303, headers={"Location": f"{managed.path}/{person.id}?said=changed"})


async def person_of(request: web.Request, managed: Managed) -> Person:
    """The user, if he is of the organization; foreign or unknown: the same 404 (T22, W10)."""
    number = number_of(request.match_info["id"])
    person = await Person.get_or_none(id=number, organization_id=managed.organization.id, merged_into_id=None)
    if number is None or person is None:
        raise Refused(Reason.NOT_FOUND)
    return person


PERSON: Verbs = (
    ("GET", "/{id}", show), ("POST", "/{id}/scopes", narrow), ("POST", "/{id}/name", rename),
    ("POST", "/{id}/telegram-code", link_telegram), ("POST", "/{id}/rights/{act}", change_rights),
)  # fmt: skip
routes = below(PATH, PERSON, own_people)
