"""`/begin/{secret}`: choosing a password under a link from one's mail, first or new."""

from aiohttp import web

from core import clock
from core.errors import InvalidFields
from core.people import choosing_passwords
from core.people.sign_in_links import FOR_A_PASSWORD, owner_of
from webhooks.account.signed_in import complaints_of
from webhooks.console.answering import answering_pages
from webhooks.console.door_form import check_door_form, show_door_form
from webhooks.console.form_fields import MAX_SMALL_BODY, read_form
from webhooks.console.letting_in import let_in, place_of_browser

routes = web.RouteTableDef()


@routes.get("/begin/{secret}")
@answering_pages
async def show(request: web.Request) -> web.StreamResponse:
    """The form; looking at it uses nothing up, for programs follow links too (DESIGN.md §6)."""
    owner = await owner_of(request.match_info["secret"], FOR_A_PASSWORD, clock.now())
    return _page(request, email=owner.email if owner else "")


@routes.post("/begin/{secret}")
@answering_pages
async def choose(request: web.Request) -> web.StreamResponse:
    """Use the link up: the password is his from now on, and he is signed in (W03, W05, W09)."""
    secret = request.match_info["secret"]
    fields = await read_form(request, MAX_SMALL_BODY)
    check_door_form(request, fields.get("csrf_token", ""))
    now = clock.now()
    try:
        begun = await choosing_passwords.choose(secret, fields.get("password", ""), now, place_of_browser(request))
    except InvalidFields as wrong:
        owner = await owner_of(secret, FOR_A_PASSWORD, now)
        return _page(request, email=owner.email if owner else "", complaint=complaints_of(request, wrong)["password"])

    return await let_in(request, begun, "/") if begun is not None else _page(request, email="")


def _page(request: web.Request, *, email: str, complaint: str = "") -> web.Response:
    context = {"email": email, "complaint": complaint, "action": request.path}
    status = 410 if not email else 422 if complaint else 200
    return show_door_form(request, "account/begin.html", context, status=status)
