"""Tickets for programs: list, read, open, and the log of what changed."""

from aiohttp import web

from core import deliveries
from core.decision import Reason
from core.errors import Refused
from core.tickets.list_query import ListQuery
from core.tickets.opening import NewTicket, open_by_agent
from core.tickets.views import log_view, ticket_view
from core.tickets.worklist import list_tickets, next_ticket
from webhooks.api.bodies import NewTicketBody, parse_body
from webhooks.counter import counter_of, language_of
from webhooks.json_body import read_json
from webhooks.security import require_actor, require_agent

routes = web.RouteTableDef()


@routes.get("/api/v1/tickets")
async def list_some(request: web.Request) -> web.Response:
    """The tickets the caller may read, by the filters of the query string."""
    actor = await require_actor(request)
    profile = counter_of(request).office.profile
    found = await list_tickets(ListQuery.parse(request.query, profile.zone), actor, profile)
    return web.json_response({"items": found.items, "next": found.next})


@routes.post("/api/v1/tickets")
async def open_one(request: web.Request) -> web.Response:
    """Open a ticket on a customer's behalf."""
    actor = await require_agent(request)
    counter = counter_of(request)
    body = parse_body(NewTicketBody, await read_json(request), language_of(request))

    changed = await open_by_agent(NewTicket(**body.model_dump()), actor, counter.office)

    await deliveries.announce(counter.queue, changed.deliveries)
    ticket = await ticket_view(changed.protocol, actor, counter.office.profile)
    location = f"/api/v1/tickets/{changed.protocol}"
    return web.json_response(ticket, status=201, headers={"Location": location})


@routes.get("/api/v1/tickets/next")
async def show_next(request: web.Request) -> web.Response:
    """The ticket to work on next, in the order of work; 404 when there is none."""
    actor = await require_agent(request)
    ticket = await next_ticket(actor, counter_of(request).office.profile)
    if ticket is None:
        raise Refused(Reason.NOT_FOUND)
    return web.json_response(ticket)


@routes.get("/api/v1/tickets/{protocol}")
async def show(request: web.Request) -> web.Response:
    """One ticket with its thread, as the caller may see it."""
    actor = await require_actor(request)
    profile = counter_of(request).office.profile
    return web.json_response(await ticket_view(request.match_info["protocol"], actor, profile))


@routes.get("/api/v1/tickets/{protocol}/log")
async def show_log(request: web.Request) -> web.Response:
    """Who changed what and when."""
    actor = await require_agent(request)
    rows = await log_view(request.match_info["protocol"], actor, counter_of(request).office.profile)
    return web.json_response({"items": rows, "next": None})
