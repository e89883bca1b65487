"""Who takes part in a ticket, on its page: let somebody in, or out again."""

from aiohttp import web

from core.errors import Refused
from core.tickets.participating import add_participant, remove_participant
from webhooks.api.managing import number_of
from webhooks.console.answering import answering_pages, signed_in_agent
from webhooks.console.form_fields import read_own_form
from webhooks.console.ticket_page import again, done
from webhooks.counter import counter_of

routes = web.RouteTableDef()
_PATH = "/console/tickets/{protocol}/participants"


@routes.post(_PATH)
@answering_pages
async def add(request: web.Request) -> web.StreamResponse:
    """Let the user of the address in the form take part."""
    browser = await signed_in_agent(request)
    fields = await read_own_form(request, browser.csrf_token)
    office, protocol = counter_of(request).office, request.match_info["protocol"]
    try:
        changed = await add_participant(protocol, fields.get("participant", ""), browser.actor, office)
    except Refused as refused:
        return await again(request, browser, refused, fields)
    return await done(request, changed, "participant_added")


@routes.post(f"{_PATH}/{{person_id}}/remove")
@answering_pages
async def remove(request: web.Request) -> web.StreamResponse:
    """Let the participant of this id out again."""
    browser = await signed_in_agent(request)
    await read_own_form(request, browser.csrf_token)
    office, protocol = counter_of(request).office, request.match_info["protocol"]
    changed = await remove_participant(protocol, number_of(request, "person_id"), browser.actor, office)
    return await done(request, changed, "participant_removed")
