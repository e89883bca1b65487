"""`/forgot`: a link for a new password, by mail; who has an account here is told to nobody (W02)."""

import asyncio

from aiohttp import web

from core import clock
from core.deliveries import announce
from core.people.forgetting import ask_for_password
from webhooks.console.answering import answering_pages
from webhooks.console.door_form import check_door_form, show_door_form
from webhooks.console.form_fields import MAX_SMALL_BODY, read_form
from webhooks.counter import counter_of

routes = web.RouteTableDef()

# Answers leave at the beat after the work: a row written or not does not show in the time it took.
BEAT_SECONDS = 0.5


@routes.get("/forgot")
@answering_pages
async def show(request: web.Request) -> web.StreamResponse:
    """The form."""
    return _page(request, is_asked=False)


@routes.post("/forgot")
@answering_pages
async def ask(request: web.Request) -> web.StreamResponse:
    """The same answer to everybody, at the same beat."""
    began = asyncio.get_running_loop().time()
    fields = await read_form(request, MAX_SMALL_BODY)
    check_door_form(request, fields.get("csrf_token", ""))
    counter = counter_of(request)

    refs = await ask_for_password(
        fields.get("email", ""), counter.office.signing, clock.now(), peer=request.remote or ""
    )
    await announce(counter.queue, refs)

    await _next_beat(began)
    return _page(request, is_asked=True)


async def _next_beat(began: float) -> None:
    passed = asyncio.get_running_loop().time() - began
    await asyncio.sleep(BEAT_SECONDS - passed % BEAT_SECONDS)


def _page(request: web.Request, *, is_asked: bool) -> web.Response:
    return show_door_form(request, "account/forgot.html", {"is_asked": is_asked})
