"""Who takes part in a ticket, for programs: let somebody in, or out again."""

from aiohttp import web

from core.tickets.participating import add_participant, remove_participant
from core.tickets.views import ticket_view
from webhooks.api.bodies import ParticipantBody, parse_body
from webhooks.api.managing import number_of
from webhooks.counter import counter_of, language_of
from webhooks.json_body import read_json
from webhooks.security import require_agent

routes = web.RouteTableDef()
_PATH = "/api/v1/tickets/{protocol}/participants"


@routes.post(_PATH)
async def add(request: web.Request) -> web.Response:
    """Let the user of this address take part; answers the ticket's participants."""
    actor = await require_agent(request)
    office = counter_of(request).office
    body = parse_body(ParticipantBody, await read_json(request), language_of(request))

    changed = await add_participant(request.match_info["protocol"], body.email, actor, office)

    ticket = await ticket_view(changed.protocol, actor, office.profile)
    return web.json_response({"items": ticket["participants"], "next": None}, status=201)


@routes.delete(f"{_PATH}/{{person_id}}")
async def remove(request: web.Request) -> web.Response:
    """Let the participant of this id out again."""
    actor = await require_agent(request)
    person_id = number_of(request, "person_id")
    await remove_participant(request.match_info["protocol"], person_id, actor, counter_of(request).office)
    return web.Response(status=204)
