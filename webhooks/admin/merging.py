"""Two users of an organization who are one person, and parting them again: the desk's admin does it."""

from aiohttp import web

from core import clock
from core.decision import Reason
from core.errors import InvalidFields, Refused
from core.people.lookup import person_by_email
from core.tickets import joining_persons, parting_persons
from webhooks.admin.organization_page import organization_page
from webhooks.admin.signed_in import ORGANIZATIONS, any_people, organization_of, signed_in_admin
from webhooks.console.answering import answering_pages
from webhooks.console.form_fields import read_own_form
from webhooks.counter import counter_of
from webhooks.portal.managed import number_of
from webhooks.portal.person import person_of
from webhooks.portal.person_page import person_page

routes = web.RouteTableDef()

_ONE = f"{ORGANIZATIONS}/{{organization}}"


@routes.post(f"{_ONE}/people/{{id}}/merge")
@answering_pages
async def merge(request: web.Request) -> web.StreamResponse:
    """Give all that this user has to the one whose address was typed."""
    managed = await any_people(request)
    fields = await read_own_form(request, managed.browser.csrf_token)
    person = await person_of(request, managed)
    try:
        into_id = await _into(fields.get("into", ""))
        await joining_persons.merge(person.id, into_id, managed.browser.actor, clock.now())
    except Refused as refused:
        return await person_page(request, managed, person, refused=refused, draft=fields)
    return web.Response(status=303, headers={"Location": f"{managed.path}/{into_id}?said=merged"})


async def _into(email: str) -> int:
    """The number of whoever writes from there; a foreign one is refused by the merge as nobody."""
    try:
        return (await person_by_email(email)).id
    except InvalidFields as error:
        raise InvalidFields({"into": error.errors["email"]}) from error


@routes.post(f"{_ONE}/merges/{{merge_id}}/undo")
@answering_pages
async def undo(request: web.Request) -> web.StreamResponse:
    """Part them: what is not to be parted any more is said on the organization's page."""
    browser = await signed_in_admin(request)
    await read_own_form(request, browser.csrf_token)
    organization = await organization_of(request)
    merged = await parting_persons.merge_by_id(number_of(request.match_info["merge_id"]) or 0)
    if merged.person.organization_id != organization.id:
        raise Refused(Reason.NOT_FOUND)
    try:
        await parting_persons.undo(merged.id, counter_of(request).office.profile, browser.actor, clock.now())
    except Refused as refused:
        return await organization_page(request, browser, organization, refused=refused)
    return web.Response(status=303, headers={"Location": f"{ORGANIZATIONS}/{organization.id}?said=parted"})
