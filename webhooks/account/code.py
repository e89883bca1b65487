"""`/login/code`: the second half of signing in, for whoever has a second factor."""

from aiohttp import web

from core import clock
from core.errors import InvalidFields
from core.people import second_factor, sessions
from webhooks.account.signed_in import complaints_of
from webhooks.console.answering import answering_pages
from webhooks.console.door_form import check_door_form, show_door_form
from webhooks.console.form_fields import MAX_SMALL_BODY, read_form
from webhooks.console.letting_in import let_in
from webhooks.console.local_paths import local_path
from webhooks.counter import counter_of
from webhooks.security import cookie_name

routes = web.RouteTableDef()


@routes.get("/login/code")
@answering_pages
async def show(request: web.Request) -> web.StreamResponse:
    """The form; whoever has shown no password goes to the door."""
    if await sessions.pending_for(request.cookies.get(cookie_name(request), ""), clock.now()) is None:
        return _to_the_door()
    return _form(request, local_path(request.query.get("next", ""), "/"))


@routes.post("/login/code")
@answering_pages
async def sign_in(request: web.Request) -> web.StreamResponse:
    """Begin a session under a new cookie; the one that owed the code dies (W05)."""
    fields = await read_form(request, MAX_SMALL_BODY)
    check_door_form(request, fields.get("csrf_token", ""))
    next_path, cookie = local_path(fields.get("next", ""), "/"), request.cookies.get(cookie_name(request), "")
    sealing = counter_of(request).office.sealing
    try:
        begun = await second_factor.sign_in_with_code(cookie, fields.get("code", ""), sealing, clock.now())
    except InvalidFields as wrong:
        return _form(request, next_path, complaints_of(request, wrong)["code"])

    return await let_in(request, begun, next_path) if begun is not None else _to_the_door()


def _form(request: web.Request, next_path: str, complaint: str = "") -> web.Response:
    context = {"next": next_path, "complaint": complaint}
    return show_door_form(request, "account/code.html", context, status=401 if complaint else 200)


def _to_the_door() -> web.Response:
    return web.Response(status=303, headers={"Location": "/login", "Cache-Control": "no-store"})
