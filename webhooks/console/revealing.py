"""A button on the ticket's page: what the desk hides of an entry, shown once to whoever works on it."""

from aiohttp import web

from core import clock
from core.decision import Reason
from core.errors import Refused
from core.tickets.revealing import reveal
from core.tickets.views import ticket_view
from webhooks.console.answering import answering_pages, signed_in_agent
from webhooks.console.form_fields import read_own_form
from webhooks.console.ticket_page import ticket_page
from webhooks.counter import counter_of

routes = web.RouteTableDef()


@routes.post("/console/tickets/{protocol}/entries/{id}/reveal")
@answering_pages
async def show_hidden(request: web.Request) -> web.StreamResponse:
    """The ticket's page with that entry in plain; no address leads there, so that each look is asked for and noted."""
    browser = await signed_in_agent(request)
    await read_own_form(request, browser.csrf_token)
    protocol, entry_id = request.match_info["protocol"], request.match_info["id"]
    ticket = await ticket_view(protocol, browser.actor, counter_of(request).office.profile)
    if entry_id not in [each["id"] for each in ticket["entries"]]:
        raise Refused(Reason.NOT_FOUND)
    row = await reveal(entry_id, browser.actor, clock.now())
    return await ticket_page(request, browser, revealed=row)
