"""`/alerts`: accounts that several people seem to use, for whoever administers their owners."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from aiohttp import web

from core import clock
from core.decision import Reason
from core.errors import Refused
from core.people import alerts
from core.people.actor import Actor
from core.policy.reasons import http_status, public_text
from core.texts import tr
from webhooks.console.answering import answering_pages
from webhooks.console.form_fields import read_own_form
from webhooks.counter import counter_of, language_of
from webhooks.rendering import page
from webhooks.security import Browser, session_of

routes = web.RouteTableDef()

_SAID = {"block": "The account is blocked.", "settle": "The matter is settled."}


@routes.get("/alerts")
@answering_pages
async def show(request: web.Request) -> web.StreamResponse:
    """What waits for a decision."""
    return await _page(request, await _browser(request))


@routes.post("/alerts/{id:[0-9]{1,9}}/block")
@answering_pages
async def block(request: web.Request) -> web.StreamResponse:
    """Shut the account out at once; the last administrator stays, and the page says so."""
    return await _decide(request, "block", alerts.block)


@routes.post("/alerts/{id:[0-9]{1,9}}/settle")
@answering_pages
async def settle(request: web.Request) -> web.StreamResponse:
    """Find that nothing is wrong with it."""
    return await _decide(request, "settle", alerts.settle)


async def _decide(
    request: web.Request, said: str, verb: Callable[[int, Actor, datetime], Awaitable[None]]
) -> web.StreamResponse:
    browser = await _browser(request)
    await read_own_form(request, browser.csrf_token)
    try:
        await verb(int(request.match_info["id"]), browser.actor, clock.now())
    except Refused as refused:
        if refused.reason is not Reason.LAST_ADMINISTRATOR:
            raise
        return await _page(request, browser, refused)
    return web.Response(status=303, headers={"Location": f"/alerts?said={said}"})


async def _browser(request: web.Request) -> Browser:
    browser = await session_of(request)
    if browser is None:
        raise Refused(Reason.UNAUTHENTICATED)
    return browser


async def _page(request: web.Request, browser: Browser, refused: Refused | None = None) -> web.Response:
    language, profile = language_of(request), counter_of(request).office.profile
    rows = []
    for alert in await alerts.open_alerts(browser.actor):
        owner = alert.agent or alert.person
        rows.append({
            "id": alert.id, "name": owner.name if owner else "", "email": owner.email if owner else "",
            "places": alert.places, "at": alert.raised_at.isoformat(), "is_blocked": bool(owner and owner.blocked),
        })  # fmt: skip
    said = request.query.get("said", "")
    context = {
        "alerts": rows,
        "said": tr(language, _SAID[said]) if said in _SAID else "",
        "complaint": public_text(refused.reason, language, profile, clock.now()) if refused else "",
    }
    return page(
        request, "account/alerts.html", context, actor=browser.actor, csrf_token=browser.csrf_token,
        status=http_status(refused.reason) if refused else 200,
    )  # fmt: skip
