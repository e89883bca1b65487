"""`/confirm/{token}`: the page behind the link that asks a form's sender whether he wrote it."""

from aiohttp import web

from core import clock
from core.decision import Reason
from core.errors import Refused
from core.tickets import confirming
from core.tickets.confirming import Unconfirmed
from core.tickets.releasing import ReleaseDesk
from webhooks.console.answering import answering_pages
from webhooks.console.door_form import check_door_form, show_door_form
from webhooks.console.form_fields import MAX_SMALL_BODY, read_form
from webhooks.counter import Counter, counter_of
from webhooks.rendering import page

routes = web.RouteTableDef()
_TEMPLATE = "confirm.html"


@routes.get("/confirm/{token}")
@answering_pages
async def ask(request: web.Request) -> web.Response:
    """What waits for this address; scanners follow links, so nothing is done here (DESIGN.md §6)."""
    messages = await _waiting(request)
    return show_door_form(request, _TEMPLATE, {"messages": _shown(messages), "action": request.path})


@routes.post("/confirm/{token}")
@answering_pages
async def confirm(request: web.Request) -> web.Response:
    """Let go what waits; said again it changes nothing."""
    fields = await read_form(request, MAX_SMALL_BODY)
    check_door_form(request, fields.get("csrf_token", ""))
    counter = counter_of(request)
    messages = await _waiting(request)
    desk = ReleaseDesk(counter.office, counter.desk.directory, counter.queue)
    await confirming.confirm(messages, desk, clock.now())
    return page(request, "confirmed.html", {})


async def _waiting(request: web.Request) -> list[Unconfirmed]:
    counter: Counter = counter_of(request)
    held_id = confirming.held_id_in(request.match_info["token"], counter.desk.signing)
    if held_id is None:
        raise Refused(Reason.NOT_FOUND)
    return await confirming.waiting(held_id, counter.office)


def _shown(messages: list[Unconfirmed]) -> list[dict[str, str]]:
    return [{"title": each.title, "at": each.received_at.isoformat()} for each in messages]
