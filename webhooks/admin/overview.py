"""`/admin/`: how many there are of what the desk's admin looks after, and the ways there."""

from aiohttp import web

from core.people.tables import AccountAlert, Agent, Organization, Person
from core.tickets.tables import Held
from webhooks.admin.signed_in import ORGANIZATIONS, signed_in_admin
from webhooks.console.answering import answering_pages
from webhooks.rendering import page

routes = web.RouteTableDef()


@routes.get("/admin/")
@answering_pages
async def show_overview(request: web.Request) -> web.StreamResponse:
    """Counts, each with the way to what it counts."""
    browser = await signed_in_admin(request)
    context = {
        "counts": [
            ("organizations", ORGANIZATIONS, await Organization.all().count()),
            ("users", ORGANIZATIONS, await Person.filter(merged_into_id=None).count()),
            ("agents", "/admin/agents", await Agent.all().count()),
            ("alerts", "/alerts", await AccountAlert.filter(settled_at=None).count()),
            ("held", "/console/held", await Held.filter(state="held").count()),
        ]
    }
    return page(request, "admin/overview.html", context, actor=browser.actor, csrf_token=browser.csrf_token)


@routes.get("/admin")
@answering_pages
async def enter(request: web.Request) -> web.StreamResponse:
    """The same without the slash."""
    await signed_in_admin(request)
    return web.Response(status=303, headers={"Location": "/admin/"})
