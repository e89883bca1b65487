"""`/portal/people`: the users of an administrator's own organization, and adding one."""

from collections.abc import Mapping

from aiohttp import web

from core import clock
from core.errors import Refused
from core.people import persons
from core.people.persons import NewPerson
from core.people.tables import Organization
from webhooks.console.answering import answering_pages, signed_in_administrator
from webhooks.console.form_fields import read_own_form
from webhooks.counter import counter_of
from webhooks.portal.people_page import PATH, people_page
from webhooks.security import Browser

routes = web.RouteTableDef()


@routes.get("/portal/people")
@answering_pages
async def show_people(request: web.Request) -> web.StreamResponse:
    """Who may do what, what waits for a decision, and the places that are left."""
    return await people_page(request, await signed_in_administrator(request))


@routes.post("/portal/people")
@answering_pages
async def add(request: web.Request) -> web.StreamResponse:
    """Add somebody to his own organization, whatever else the form says (W11)."""
    browser = await signed_in_administrator(request)
    fields = await read_own_form(request, browser.csrf_token)
    try:
        person_id = await _add(request, browser, fields)
    except Refused as refused:
        return await people_page(request, browser, refused=refused, draft=fields)
    return web.Response(status=303, headers={"Location": f"{PATH}/{person_id}?said=added"})


async def _add(request: web.Request, browser: Browser, fields: Mapping[str, str]) -> int:
    organization = await Organization.get(id=browser.actor.organization_id)
    new = NewPerson(
        fields.get("email", ""), organization.name, fields.get("name", ""), fields.get("phone", "").strip() or None,
        fields.get("role", ""),
    )  # fmt: skip
    person = await persons.add(new, counter_of(request).office.profile, browser.actor, clock.now())
    return person.id
