"""The quarantine as a page: what waits for a decision, each with its reason and two buttons."""

from aiohttp import web

from core import clock
from core.decision import Reason
from core.errors import Refused
from core.policy.reasons import http_status
from core.texts import tr
from core.tickets import holding, releasing
from gateway.release_desk import release_desk
from webhooks.console.answering import answering_pages, signed_in_agent
from webhooks.console.form_fields import read_own_form
from webhooks.console.labels import channel_label, stop_label
from webhooks.counter import counter_of, language_of
from webhooks.rendering import page
from webhooks.security import Browser

routes = web.RouteTableDef()

_PATH = "/console/held"
_SAID = {"released": "The message is on its way to be filed.", "discarded": "The message was dropped."}


@routes.get(_PATH)
@answering_pages
async def show_held(request: web.Request) -> web.StreamResponse:
    """What waits, newest first."""
    return await _held_page(request, await signed_in_agent(request))


@routes.post(f"{_PATH}/{{id}}/release")
@answering_pages
async def release(request: web.Request) -> web.StreamResponse:
    """Override the one rule that held it; another rule that stops it is named on the page."""
    browser = await signed_in_agent(request)
    await read_own_form(request, browser.csrf_token)
    counter = counter_of(request)
    desk = release_desk(counter.desk, counter.office)
    try:
        await releasing.release(request.match_info["id"], browser.actor, desk, clock.now())
    except Refused as refused:
        if refused.reason is Reason.NOT_FOUND:
            raise
        return await _held_page(request, browser, refused.reason)
    return _done("released")


@routes.post(f"{_PATH}/{{id}}/discard")
@answering_pages
async def discard(request: web.Request) -> web.StreamResponse:
    """Drop it for ever."""
    browser = await signed_in_agent(request)
    await read_own_form(request, browser.csrf_token)
    await holding.discard(request.match_info["id"], browser.actor, counter_of(request).office.sealing, clock.now())
    return _done("discarded")


def _done(said: str) -> web.Response:
    return web.Response(status=303, headers={"Location": f"{_PATH}?said={said}"})


async def _held_page(request: web.Request, browser: Browser, stopped_by: Reason | None = None) -> web.Response:
    office, language = counter_of(request).office, language_of(request)
    rows = [
        row
        | {
            "why": stop_label(language, str(row["reason"])),
            "channel_label": channel_label(language, str(row["channel"])),
        }
        for row in await holding.list_held(office.sealing)
    ]
    said = request.query.get("said", "")
    context = {
        "rows": rows,
        "said": tr(language, _SAID[said]) if said in _SAID else "",
        "stopped_by": stop_label(language, stopped_by.value) if stopped_by else "",
    }
    return page(
        request, "held.html", context, actor=browser.actor, csrf_token=browser.csrf_token,
        status=http_status(stopped_by) if stopped_by else 200,
    )  # fmt: skip
