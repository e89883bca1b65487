"""The door of the house: the first page, signing in and signing out."""

from aiohttp import web

from core import clock
from core.people import sessions, sign_in_links
from core.people.actor import ActorKind
from core.texts import tr
from webhooks.console.answering import answering_pages
from webhooks.console.door_form import check_door_form, show_door_form
from webhooks.console.form_fields import MAX_SMALL_BODY, read_form, read_own_form
from webhooks.console.letting_in import ENROL, let_in, place_of_browser
from webhooks.console.local_paths import local_path
from webhooks.console.outbox import has_outbox
from webhooks.counter import counter_of, language_of
from webhooks.rendering import page
from webhooks.security import cookie_name, is_https, session_of, session_row_of

routes = web.RouteTableDef()


@routes.get("/")
@answering_pages
async def welcome(request: web.Request) -> web.StreamResponse:
    """Agents go on to their list, administrators to their people; everybody else reads how to reach the desk."""
    browser = await session_of(request)
    if browser and browser.actor.kind is ActorKind.AGENT:
        return _go("/console/")
    if browser and browser.actor.administers:
        return _go("/portal/people")
    context = {"has_outbox": has_outbox(counter_of(request).settings)}
    if browser is None:
        return page(request, "welcome.html", context)
    return page(request, "welcome.html", context, actor=browser.actor, csrf_token=browser.csrf_token)


@routes.get("/login")
@answering_pages
async def show_login(request: web.Request) -> web.StreamResponse:
    """The form; who is signed in already goes on."""
    next_path = local_path(request.query.get("next", ""), "/")
    if await session_of(request):
        return _go(next_path)
    if await session_row_of(request):
        return _go(ENROL)
    return _login_form(request, next_path)


@routes.post("/login")
@answering_pages
async def sign_in(request: web.Request) -> web.StreamResponse:
    """Begin a session under a new cookie (W05); one text for a wrong address and a wrong password."""
    fields = await read_form(request, MAX_SMALL_BODY)
    check_door_form(request, fields.get("csrf_token", ""))
    email, next_path = fields.get("email", ""), local_path(fields.get("next", ""), "/")

    begun = await sessions.sign_in(
        email, fields.get("password", ""), clock.now(), peer=request.remote or "", place=place_of_browser(request)
    )

    if begun is None:
        complaint = tr(language_of(request), "Address or password is wrong.")
        return _login_form(request, next_path, email=email[:254], complaint=complaint)
    return await let_in(request, begun, next_path)


@routes.get("/login/{secret}")
@answering_pages
async def show_link(request: web.Request) -> web.StreamResponse:
    """A one-time link opens a page and lets nobody in yet: programs follow links too (DESIGN.md §6)."""
    is_open = await sign_in_links.is_open(request.match_info["secret"], clock.now())
    context = {"is_open": is_open, "action": request.path}
    return show_door_form(request, "link.html", context, status=200 if is_open else 410)


@routes.post("/login/{secret}")
@answering_pages
async def follow_link(request: web.Request) -> web.StreamResponse:
    """Use the link up and begin a session."""
    fields = await read_form(request, MAX_SMALL_BODY)
    check_door_form(request, fields.get("csrf_token", ""))

    begun = await sign_in_links.redeem(request.match_info["secret"], clock.now(), place_of_browser(request))

    if begun is None:
        return show_door_form(request, "link.html", {"is_open": False, "action": request.path}, status=410)
    return await let_in(request, begun, "/console/")


@routes.post("/logout")
@answering_pages
async def sign_out(request: web.Request) -> web.StreamResponse:
    """End the session on the server; the cookie alone would live on in a copy."""
    session = await session_row_of(request)
    if session is None:
        return _go("/login")
    await read_own_form(request, session.csrf_token)

    await sessions.sign_out(request.cookies[cookie_name(request)])

    response = _go("/login")
    response.del_cookie(cookie_name(request), secure=is_https(request), httponly=True, samesite="Lax")
    return response


def _login_form(request: web.Request, next_path: str, *, email: str = "", complaint: str = "") -> web.Response:
    context = {"next": next_path, "email": email, "complaint": complaint}
    return show_door_form(request, "login.html", context, status=401 if complaint else 200)


def _go(path: str) -> web.Response:
    return web.Response(status=303, headers={"Location": path, "Cache-Control": "no-store"})
