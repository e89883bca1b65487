"""What was held, what was refused, and where everything received went, for the operators."""

from aiohttp import web

from core import clock
from core.errors import InvalidFields
from core.tickets import holding, releasing
from core.tickets.ledger import MAX_PAGE, PAGE, find_intake
from core.tickets.refusals import list_refusals
from gateway.release_desk import release_desk
from webhooks.counter import counter_of
from webhooks.security import require_agent

routes = web.RouteTableDef()


@routes.get("/api/v1/held")
async def list_held(request: web.Request) -> web.Response:
    """The messages that wait for a decision."""
    await require_agent(request)
    rows = await holding.list_held(counter_of(request).office.sealing)
    return web.json_response({"items": rows, "next": None})


@routes.post("/api/v1/held/{id}/release")
async def release(request: web.Request) -> web.Response:
    """Override the one rule that held it; another rule that stops it answers its own code."""
    actor = await require_agent(request)
    counter = counter_of(request)
    desk = release_desk(counter.desk, counter.office)
    return web.json_response(await releasing.release(request.match_info["id"], actor, desk, clock.now()))


@routes.post("/api/v1/held/{id}/discard")
async def discard(request: web.Request) -> web.Response:
    """Drop it for ever."""
    actor = await require_agent(request)
    sealing = counter_of(request).office.sealing
    return web.json_response(await holding.discard(request.match_info["id"], actor, sealing, clock.now()))


@routes.get("/api/v1/refusals")
async def refusals(request: web.Request) -> web.Response:
    """What was turned away, without its content."""
    await require_agent(request)
    return web.json_response({"items": await list_refusals(), "next": None})


@routes.get("/api/v1/intake")
async def intake(request: web.Request) -> web.Response:
    """The ledger, newest first, or what `q` finds in it."""
    actor = await require_agent(request)
    query = request.query
    if unknown := set(query) - {"q", "limit", "cursor"}:
        raise InvalidFields({name: ["no such parameter"] for name in unknown})
    limit = query.get("limit", str(PAGE))
    if not (limit.isascii() and limit.isdigit() and len(limit) < 10 and 1 <= int(limit) <= MAX_PAGE):
        raise InvalidFields({"limit": [f"must be a number from 1 to {MAX_PAGE}"]})
    found = await find_intake(
        counter_of(request).office, query.get("q", ""), actor=actor, limit=int(limit), cursor=query.get("cursor", "")
    )
    return web.json_response({"items": found.items, "next": found.next})
