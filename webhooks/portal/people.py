"""The users of an organization as a page, and adding one: `/portal/people` for his own administrator."""

from collections.abc import Mapping

from aiohttp import web

from core import clock
from core.errors import Refused
from core.people import persons
from core.people.persons import NewPerson
from core.people.tables import Person
from webhooks.console.form_fields import read_own_form
from webhooks.counter import counter_of
from webhooks.portal.inviting import send_invitation
from webhooks.portal.managed import Managed, Verbs, below
from webhooks.portal.people_page import PATH, own_people, people_page


async def show_people(request: web.Request, managed: Managed) -> web.StreamResponse:
    """Who may do what, what waits for a decision, and the places that are left."""
    return await people_page(request, managed)


async def add(request: web.Request, managed: Managed) -> web.StreamResponse:
    """Add somebody to this organization, whatever else the form says (W11)."""
    fields = await read_own_form(request, managed.browser.csrf_token)
    try:
        person = await _add(request, managed, fields)
    except Refused as refused:
        return await people_page(request, managed, refused=refused, draft=fields)
    if "invite" in fields:
        await send_invitation(request, managed, person)
    return web.Response(status=303, headers={"Location": f"{managed.path}/{person.id}?said=added"})


async def _add(request: web.Request, managed: Managed, fields: Mapping[str, str]) -> Person:
    new = NewPerson(
        fields.get("email", ""), managed.organization.name, fields.get("name", ""),
        fields.get("phone", "").strip() or None, fields.get("role", ""),
    )  # fmt: skip
    return await persons.add(new, counter_of(request).office.profile, managed.browser.actor, clock.now())


PEOPLE: Verbs = (("GET", "", show_people), ("POST", "", add))
routes = below(PATH, PEOPLE, own_people)
