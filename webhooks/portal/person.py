"""`/portal/people/{id}`: one user of an administrator's own organization, and what may be changed about him."""

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
from webhooks.console.answering import answering_pages, signed_in_administrator
from webhooks.console.form_fields import read_own_form
from webhooks.counter import counter_of
from webhooks.portal.people_page import PATH
from webhooks.portal.person_page import person_page
from webhooks.security import Browser

routes = web.RouteTableDef()

_PERSON = f"{PATH}/{{id}}"
_MAX_ID = 2**31 - 1
_ACTS = {
    "authorise": RightsChange(may_speak=True), "revoke": RightsChange(may_speak=False),
    "block": RightsChange(blocked=True), "unblock": RightsChange(blocked=False),
    "make-administrator": RightsChange(administers=True), "unmake-administrator": RightsChange(administers=False),
}  # fmt: skip


@routes.get(_PERSON)
@answering_pages
async def show(request: web.Request) -> web.StreamResponse:
    """What is known of him."""
    browser = await signed_in_administrator(request)
    return await person_page(request, browser, await _own_person(request, browser))


@routes.post(f"{_PERSON}/scopes")
@answering_pages
async def narrow(request: web.Request) -> web.StreamResponse:
    """Let him ask for what is ticked, and for nothing else (S4-03)."""
    browser = await signed_in_administrator(request)
    fields = await read_own_form(request, browser.csrf_token)
    wanted = RightsChange(scopes=[each.value for each in Scope if f"scope_{each.value}" in fields])
    return await _change(request, browser, wanted, fields)


@routes.post(f"{_PERSON}/name")
@answering_pages
async def rename(request: web.Request) -> web.StreamResponse:
    """Call him something else."""
    browser = await signed_in_administrator(request)
    fields = await read_own_form(request, browser.csrf_token)
    return await _change(request, browser, RightsChange(), fields, name=fields.get("name", ""))


@routes.post(f"{_PERSON}/telegram-code")
@answering_pages
async def link_telegram(request: web.Request) -> web.StreamResponse:
    """A code he links his chat with, shown once and never in an address."""
    browser = await signed_in_administrator(request)
    await read_own_form(request, browser.csrf_token)
    person = await _own_person(request, browser)

    code = await link_codes.issue(person.email, clock.now(), actor=browser.actor)

    return await person_page(request, browser, person, code=code)


@routes.post(f"{_PERSON}/rights/{{act}}")
@answering_pages
async def change_rights(request: web.Request) -> web.StreamResponse:
    """Give or take one right; what the organization must keep is said on the page."""
    browser = await signed_in_administrator(request)
    fields = await read_own_form(request, browser.csrf_token)
    wanted = _ACTS.get(request.match_info["act"])
    if wanted is None:
        raise Refused(Reason.NOT_FOUND)
    return await _change(request, browser, wanted, fields)


async def _change(
    request: web.Request,
    browser: Browser,
    wanted: RightsChange,
    fields: Mapping[str, str],
    *,
    name: str | None = None,
) -> web.StreamResponse:
    person = await _own_person(request, browser)
    change = PersonChange(person.id, wanted, name, _number(fields.get("version", "")))
    try:
        await granting.change(change, counter_of(request).office.profile, browser.actor, clock.now())
    except Refused as refused:
        await person.refresh_from_db()
        return await person_page(request, browser, person, refused=refused, draft=fields)
    return web.Response(status=303, headers={"Location": f"{PATH}/{person.id}?said=changed"})


async def _own_person(request: web.Request, browser: Browser) -> Person:
    """The user, if he is of the administrator's own organization; foreign or unknown: the same 404 (T22, W10)."""
    number = _number(request.match_info["id"])
    organization_id = browser.actor.organization_id
    person = await Person.get_or_none(id=number, organization_id=organization_id, merged_into_id=None)
    if number is None or person is None:
        raise Refused(Reason.NOT_FOUND)
    return person


def _number(text: str) -> int | None:
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else None
    return number if number is not None and number <= _MAX_ID else None
