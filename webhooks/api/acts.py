"""Acts on a ticket: a new entry, or one of the named actions."""

from aiohttp import web

from core import deliveries
from core.tickets.acting import ActionBody, act
from core.tickets.views import ticket_view
from webhooks.api.bodies import ActBody, parse_body
from webhooks.counter import counter_of, language_of
from webhooks.json_body import read_json
from webhooks.security import require_agent

routes = web.RouteTableDef()


@routes.post("/api/v1/tickets/{protocol}/{action}")
async def act_on(request: web.Request) -> web.Response:
    """Do one of the actions; answers the ticket as it is afterwards."""
    actor = await require_agent(request)
    counter = counter_of(request)
    protocol, action = request.match_info["protocol"], request.match_info["action"]
    values = await read_json(request) if request.can_read_body else {}
    body = parse_body(ActBody, values, language_of(request))

    told = ActionBody(**body.model_dump(exclude_none=True))
    changed = await act(protocol, action, told, actor, counter.office)

    await deliveries.announce(counter.queue, changed.deliveries)
    return web.json_response(await ticket_view(protocol, actor, counter.office.profile))
