"""What leaves the house, for programs: send again what failed, take back what has not left."""

from aiohttp import web

from core import deliveries
from core.tickets.changed import Changed
from core.tickets.retrying import retry
from core.tickets.undoing import undo
from core.tickets.views import ticket_view
from webhooks.counter import counter_of
from webhooks.security import require_agent

routes = web.RouteTableDef()


@routes.post("/api/v1/tickets/{protocol}/deliveries/{id}/retry")
async def retry_one(request: web.Request) -> web.Response:
    """Queue a failed delivery once more; answers the ticket."""
    actor = await require_agent(request)
    office = counter_of(request).office
    changed = await retry(request.match_info["protocol"], request.match_info["id"], actor, office)
    return await _answered(request, changed)


@routes.post("/api/v1/tickets/{protocol}/entries/{id}/undo")
async def undo_one(request: web.Request) -> web.Response:
    """Take one's own reply back before it leaves; answers the ticket, where it is a note now."""
    actor = await require_agent(request)
    office = counter_of(request).office
    changed = await undo(request.match_info["protocol"], request.match_info["id"], actor, office)
    return await _answered(request, changed)


async def _answered(request: web.Request, changed: Changed) -> web.Response:
    counter = counter_of(request)
    await deliveries.announce(counter.queue, changed.deliveries)
    actor = await require_agent(request)
    return web.json_response(await ticket_view(changed.protocol, actor, counter.office.profile))
