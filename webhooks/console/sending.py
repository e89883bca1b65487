"""What leaves the house, on the ticket's page: take an answer back, send again what failed."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from core.errors import Refused
from core.people.actor import Actor
from core.tickets.changed import Changed
from core.tickets.office import Office
from core.tickets.retrying import retry
from core.tickets.undoing import undo
from webhooks.console.answering import answering_pages, signed_in_agent
from webhooks.console.form_fields import read_own_form
from webhooks.console.ticket_page import again, done
from webhooks.counter import counter_of

routes = web.RouteTableDef()

_PATH = "/console/tickets/{protocol}"


@routes.post(f"{_PATH}/entries/{{id}}/undo")
@answering_pages
async def undo_one(request: web.Request) -> web.StreamResponse:
    """Take one's own reply back while it has not left."""
    return await _do(request, undo, "undone")


@routes.post(f"{_PATH}/deliveries/{{id}}/retry")
@answering_pages
async def retry_one(request: web.Request) -> web.StreamResponse:
    """Send again what could not be delivered."""
    return await _do(request, retry, "retried")


async def _do(
    request: web.Request, verb: Callable[[str, str, Actor, Office], Awaitable[Changed]], said: str
) -> web.StreamResponse:
    browser = await signed_in_agent(request)
    fields = await read_own_form(request, browser.csrf_token)
    office = counter_of(request).office
    try:
        changed = await verb(request.match_info["protocol"], request.match_info["id"], browser.actor, office)
    except Refused as refused:
        return await again(request, browser, refused, fields)
    return await done(request, changed, said)
