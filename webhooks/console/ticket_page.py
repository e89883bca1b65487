"""The page of one ticket, and how its forms end: on the page again, or on it with what was complained about."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from core import clock, deliveries
from core.decision import Reason
from core.errors import InvalidFields, Refused
from core.policy.reasons import http_status, public_text
from core.texts import tr
from core.tickets.administrators.views import change_view
from core.tickets.changed import Changed
from core.tickets.entry_views import Row
from core.tickets.views import ticket_view
from webhooks.console.shown import shown_ticket
from webhooks.console.shown_change import shown_change
from webhooks.counter import counter_of, language_of
from webhooks.headers import CONTENT_SECURITY_POLICY
from webhooks.rendering import page
from webhooks.security import Browser

# What is said after a redirect; the address names one of these and nothing else.
_SAID = {
    "answered": "The answer is on its way.", "noted": "The note is kept.", "closed": "The ticket is closed.",
    "reopened": "The ticket is open again.", "retried": "It is being sent again.",
    "change_approved": "Your approval is kept.", "change_rejected": "The change is rejected.",
    "change_completed": "What you filled in is kept.",
    "participant_added": "The person takes part now.", "participant_removed": "The person takes no part any more.",
    "undone": "The answer was taken back: it is an internal note now, and has not left.",
}  # fmt: skip
_FIELDS = ("text", "resolution", "reason", "name", "cpf", "email", "replaces", "participant")
_EMPTY = dict.fromkeys(_FIELDS, "") | {"visibility": "public"}
_EXPLAINED = (Reason.INVALID_FIELDS, Reason.INVALID_TRANSITION, Reason.STALE_VERSION)


async def done(request: web.Request, changed: Changed, said: str) -> web.Response:
    """Back to the page, which says `said`."""
    await deliveries.announce(counter_of(request).queue, changed.deliveries)
    # Built from the protocol we know, so that no text of the request reaches the address.
    return web.Response(status=303, headers={"Location": f"/console/tickets/{changed.protocol}?said={said}"})


async def again(
    request: web.Request, browser: Browser, refused: Refused, fields: Mapping[str, str]
) -> web.StreamResponse:
    """The page once more with what was typed; a ticket one may not see stays unseen."""
    if refused.reason not in _EXPLAINED:
        raise refused
    return await ticket_page(request, browser, refused=refused, draft=fields)


async def ticket_page(
    request: web.Request,
    browser: Browser,
    *,
    refused: Refused | None = None,
    draft: Mapping[str, str] | None = None,
    change: Mapping[str, Any] | None = None,
    revealed: Row | None = None,
) -> web.Response:
    """The ticket with its thread and its forms, and with what was wrong with the last of them.

    `change` is its change of administrator, where it is to be shown otherwise than usual; of the entry
    `revealed` nothing is hidden.
    """
    language = language_of(request)
    profile = counter_of(request).office.profile
    ticket = await ticket_view(request.match_info["protocol"], browser.actor, profile)
    if revealed is not None:
        ticket["entries"] = [_revealed(each, revealed) for each in ticket["entries"]]
    shown = shown_ticket(ticket, profile, language, clock.now())
    if change is None and ticket["administrator_change"]:
        change = await change_view(str(ticket["administrator_change"]["id"]), browser.actor, counter_of(request).office)
    context = {
        "ticket": shown,
        "change": shown_change(change, shown.href, language) if change else None,
        "draft": {**_EMPTY, **(draft or {})},
        "complaints": _complaints(request, refused) if refused else [],
        "said": tr(language, _SAID[request.query["said"]]) if request.query.get("said") in _SAID else "",
    }
    response = page(
        request, "ticket.html", context, actor=browser.actor, csrf_token=browser.csrf_token,
        status=http_status(refused.reason) if refused else 200,
    )  # fmt: skip
    # A mail in its own format stands in a frame (webhooks.console.entry_html).
    response.headers["Content-Security-Policy"] = f"{CONTENT_SECURITY_POLICY}; frame-src 'self'"
    return response


def _revealed(entry: Row, revealed: Row) -> Row:
    """`entry` in plain, where it is the one; its own format stays away: a frame has no form to ask with."""
    return {**entry, **revealed, "html": None} if entry["id"] == revealed["id"] else entry


def _complaints(request: web.Request, refused: Refused) -> list[str]:
    language = language_of(request)
    if isinstance(refused, InvalidFields) and refused.errors:
        # The form has few fields, so the complaint follows the field's own name on the page.
        errors = refused.errors.items()
        return [f"{_field(path, language)}: {tr(language, each)}" for path, texts in errors for each in texts]
    if refused.detail:
        return [tr(language, refused.detail)]
    return [public_text(refused.reason, language, counter_of(request).office.profile, clock.now())]


def _field(path: str, language: str) -> str:
    names = {
        "text": "Text", "fields.resolution": "Resolution", "visibility": "Who reads it", "name": "Name", "cpf": "CPF",
        "email": "E-mail", "replaces": "Replaces", "reason": "Reason",
    }  # fmt: skip
    return tr(language, names[path]) if path in names else path
