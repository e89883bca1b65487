"""A change of administrator as those whom it concerns see it: who is to come, until when, and contesting it (S4-22)."""

from aiohttp import web

from core import clock, deliveries
from core.decision import Reason
from core.errors import InvalidFields, Refused
from core.policy.reasons import http_status
from core.texts import tr
from core.tickets.administrators.contesting import contest
from core.tickets.administrators.steps import MAX_REASON
from core.tickets.administrators.views import announced_view
from webhooks.console.answering import answering_pages, signed_in_administrator
from webhooks.console.form_fields import read_own_form
from webhooks.console.labels import change_state_label
from webhooks.counter import counter_of, language_of
from webhooks.rendering import page
from webhooks.security import Browser
from webhooks.undeceiving import undeceived

routes = web.RouteTableDef()

PATH = "/portal/administrator-changes"
_EXPLAINED = (Reason.INVALID_FIELDS, Reason.INVALID_TRANSITION)


@routes.get(f"{PATH}/{{id}}")
@answering_pages
async def show(request: web.Request) -> web.StreamResponse:
    """Who is to become administrator of one's organization."""
    return await _page(request, await signed_in_administrator(request))


@routes.post(f"{PATH}/{{id}}/contest")
@answering_pages
async def contest_it(request: web.Request) -> web.StreamResponse:
    """Stop it for a reason."""
    browser = await signed_in_administrator(request)
    fields = await read_own_form(request, browser.csrf_token)
    counter, reason = counter_of(request), fields.get("reason", "")
    try:
        changed = await contest(request.match_info["id"], reason, browser.actor, counter.office)
    except Refused as refused:
        if refused.reason not in _EXPLAINED:
            raise
        return await _page(request, browser, refused=refused, reason=reason)
    await deliveries.announce(counter.queue, changed.deliveries)
    # The id is one of ours by now: nothing else of the request reaches the address.
    return web.Response(status=303, headers={"Location": f"{PATH}/{int(request.match_info['id'])}?said=contested"})


async def _page(
    request: web.Request, browser: Browser, *, refused: Refused | None = None, reason: str = ""
) -> web.Response:
    shown = await announced_view(request.match_info["id"], browser.actor, counter_of(request).office, clock.now())
    language = language_of(request)
    context = {
        "change": shown | {"name": undeceived(shown["name"] or "")},
        "state": change_state_label(language, shown["state"]),
        "complaint": _complaint(refused, language) if refused else "",
        "said": tr(language, "You have contested it. The desk will look into it.")
        if request.query.get("said") == "contested" and shown["state"] == "contested" else "",
        "reason": reason, "max_reason": MAX_REASON,
    }  # fmt: skip
    return page(
        request, "portal/administrator_change.html", context, actor=browser.actor, csrf_token=browser.csrf_token,
        status=http_status(refused.reason) if refused else 200,
    )  # fmt: skip


def _complaint(refused: Refused, language: str) -> str:
    if isinstance(refused, InvalidFields):
        return f"{tr(language, 'Reason')}: {tr(language, refused.errors['reason'][0])}"
    return tr(language, "It cannot be contested any more.")
