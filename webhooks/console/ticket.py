"""One ticket for agents: its thread, and the forms that answer, close and reopen it."""

from collections.abc import Mapping

from aiohttp import web

from core import deliveries
from core.decision import Reason
from core.errors import InvalidFields, Refused
from core.policy.reasons import http_status, public_text
from core.texts import tr
from core.tickets.acting import ActionBody, act
from core.tickets.changed import Changed
from core.tickets.replying import EntryDraft, add_entry
from core.tickets.views import ticket_view
from webhooks.console.answering import answering_pages, signed_in_agent
from webhooks.console.form_fields import read_own_form
from webhooks.console.shown import shown_ticket
from webhooks.counter import counter_of, language_of
from webhooks.rendering import page
from webhooks.security import Browser, check_csrf
from webhooks.uploads import kept, read_upload

routes = web.RouteTableDef()

_PATH = "/console/tickets/{protocol}"
# What is said after a redirect; the address names one of these and nothing else.
_SAID = {
    "answered": "The answer is on its way.", "noted": "The note is kept.", "closed": "The ticket is closed.",
    "reopened": "The ticket is open again.",
}  # fmt: skip
_EXPLAINED = (Reason.INVALID_FIELDS, Reason.INVALID_TRANSITION, Reason.STALE_VERSION)


@routes.get(_PATH)
@answering_pages
async def show(request: web.Request) -> web.StreamResponse:
    """The ticket with its thread."""
    return await _ticket_page(request, await signed_in_agent(request))


@routes.post(f"{_PATH}/entries")
@answering_pages
async def answer(request: web.Request) -> web.StreamResponse:
    """Reply to the customer, or keep a note."""
    browser = await signed_in_agent(request)
    upload = await read_upload(request)
    fields: Mapping[str, str] = upload.fields
    check_csrf(request, fields.get("csrf_token", ""), browser.csrf_token)
    office = counter_of(request).office
    try:
        files = await kept(upload.attachments, office.blobs)
        draft = EntryDraft(fields.get("text", ""), fields.get("visibility", "public"), files, "console")
        changed = await add_entry(_protocol(request), draft, browser.actor, office)
    except Refused as refused:
        return await _again(request, browser, refused, fields)
    return await _done(request, changed, "noted" if draft.visibility == "internal" else "answered")


@routes.post(f"{_PATH}/close")
@answering_pages
async def close(request: web.Request) -> web.StreamResponse:
    """Close with the resolution the customer is told."""
    browser = await signed_in_agent(request)
    fields = await read_own_form(request, browser.csrf_token)
    body = ActionBody(version=_version(fields), fields={"resolution": fields.get("resolution", "")})
    return await _act(request, browser, ("close", "closed"), body, fields)


@routes.post(f"{_PATH}/reopen")
@answering_pages
async def reopen(request: web.Request) -> web.StreamResponse:
    """Take a closed ticket up again."""
    browser = await signed_in_agent(request)
    fields = await read_own_form(request, browser.csrf_token)
    return await _act(request, browser, ("reopen", "reopened"), ActionBody(version=_version(fields)), fields)


async def _act(
    request: web.Request,
    browser: Browser,
    action_and_said: tuple[str, str],
    body: ActionBody,
    fields: Mapping[str, str],
) -> web.StreamResponse:
    action, said = action_and_said
    try:
        changed = await act(_protocol(request), action, body, browser.actor, counter_of(request).office)
    except Refused as refused:
        return await _again(request, browser, refused, fields)
    return await _done(request, changed, said)


async def _done(request: web.Request, changed: Changed, said: str) -> web.Response:
    await deliveries.announce(counter_of(request).queue, changed.deliveries)
    # Built from the protocol we know, so that no text of the request reaches the address.
    return web.Response(status=303, headers={"Location": f"/console/tickets/{changed.protocol}?said={said}"})


async def _again(
    request: web.Request, browser: Browser, refused: Refused, fields: Mapping[str, str]
) -> web.StreamResponse:
    """The page once more with what was typed; a ticket one may not see stays unseen."""
    if refused.reason not in _EXPLAINED:
        raise refused
    return await _ticket_page(request, browser, refused=refused, draft=fields)


async def _ticket_page(
    request: web.Request,
    browser: Browser,
    *,
    refused: Refused | None = None,
    draft: Mapping[str, str] | None = None,
) -> web.Response:
    language = language_of(request)
    profile = counter_of(request).office.profile
    ticket = await ticket_view(_protocol(request), browser.actor, profile)
    context = {
        "ticket": shown_ticket(ticket, profile, language),
        "draft": {"text": "", "visibility": "public", "resolution": "", **(draft or {})},
        "complaints": _complaints(request, refused) if refused else [],
        "said": tr(language, _SAID[request.query["said"]]) if request.query.get("said") in _SAID else "",
    }
    return page(
        request, "ticket.html", context, actor=browser.actor, csrf_token=browser.csrf_token,
        status=http_status(refused.reason) if refused else 200,
    )  # fmt: skip


def _complaints(request: web.Request, refused: Refused) -> list[str]:
    language = language_of(request)
    if isinstance(refused, InvalidFields) and refused.errors:
        # The form has few fields, so the complaint follows the field's own name on the page.
        errors = refused.errors.items()
        return [f"{_field(path, language)}: {tr(language, each)}" for path, texts in errors for each in texts]
    return [public_text(refused.reason, language, counter_of(request).office.profile)]


def _field(path: str, language: str) -> str:
    names = {"text": "Text", "fields.resolution": "Resolution", "visibility": "Who reads it"}
    return tr(language, names[path]) if path in names else path


def _protocol(request: web.Request) -> str:
    return request.match_info["protocol"]


def _version(fields: Mapping[str, str]) -> int | None:
    text = fields.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
