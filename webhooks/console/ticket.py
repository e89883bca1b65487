"""One ticket for agents: its thread, and the forms that answer, close and reopen it."""

from collections.abc import Mapping

from aiohttp import web

from core.errors import Refused
from core.tickets.acting import ActionBody, act
from core.tickets.replying import EntryDraft, add_entry
from webhooks.console.answering import answering_pages, signed_in_agent
from webhooks.console.form_fields import read_own_form
from webhooks.console.ticket_page import again, done, ticket_page
from webhooks.counter import counter_of
from webhooks.security import Browser, check_csrf
from webhooks.uploads import kept, read_upload

routes = web.RouteTableDef()

_PATH = "/console/tickets/{protocol}"


@routes.get(_PATH)
@answering_pages
async def show(request: web.Request) -> web.StreamResponse:
    """The ticket with its thread."""
    return await ticket_page(request, await signed_in_agent(request))


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
        draft = EntryDraft(
            fields.get("text", ""), fields.get("visibility", "public"), files, "console",
            undo_seconds=office.profile.mail.undo_seconds,
        )  # fmt: skip
        changed = await add_entry(request.match_info["protocol"], draft, browser.actor, office)
    except Refused as refused:
        return await again(request, browser, refused, fields)
    return await done(request, changed, "noted" if draft.visibility == "internal" else "answered")


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
        changed = await act(request.match_info["protocol"], action, body, browser.actor, counter_of(request).office)
    except Refused as refused:
        return await again(request, browser, refused, fields)
    return await done(request, changed, said)


def _version(fields: Mapping[str, str]) -> int | None:
    text = fields.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
