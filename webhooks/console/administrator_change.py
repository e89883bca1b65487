"""The card of a change of administrator on its ticket's page: its facts, and what agents do about it (S4-22)."""

from aiohttp import web

from core import clock
from core.decision import Reason
from core.errors import Refused
from core.tickets.administrators.approving import approve
from core.tickets.administrators.completing import complete
from core.tickets.administrators.rejecting import reject
from core.tickets.administrators.views import revealed_view, summary_for
from webhooks.console.answering import answering_pages, signed_in_agent
from webhooks.console.form_fields import read_own_form
from webhooks.console.ticket_page import again, done, ticket_page
from webhooks.counter import counter_of
from webhooks.security import Browser

routes = web.RouteTableDef()

_PATH = "/console/tickets/{protocol}/administrator-change"
_FIELDS = ("name", "cpf", "email", "replaces")


@routes.post(f"{_PATH}/reveal")
@answering_pages
async def reveal(request: web.Request) -> web.StreamResponse:
    """The page with the whole CPF; the audit keeps that he looked."""
    browser = await signed_in_agent(request)
    await read_own_form(request, browser.csrf_token)
    shown = await revealed_view(await _id(request, browser), browser.actor, counter_of(request).office, clock.now())
    return await ticket_page(request, browser, change=shown)


@routes.post(f"{_PATH}/approve")
@answering_pages
async def approve_it(request: web.Request) -> web.StreamResponse:
    """Approve it."""
    browser = await signed_in_agent(request)
    fields = await read_own_form(request, browser.csrf_token)
    office = counter_of(request).office
    try:
        changed = await approve(await _id(request, browser), browser.actor, office)
    except Refused as refused:
        return await again(request, browser, refused, fields)
    return await done(request, changed, "change_approved")


@routes.post(f"{_PATH}/reject")
@answering_pages
async def reject_it(request: web.Request) -> web.StreamResponse:
    """End it for a reason."""
    browser = await signed_in_agent(request)
    fields = await read_own_form(request, browser.csrf_token)
    office = counter_of(request).office
    try:
        changed = await reject(await _id(request, browser), fields.get("reason", ""), browser.actor, office)
    except Refused as refused:
        return await again(request, browser, refused, fields)
    return await done(request, changed, "change_rejected")


@routes.post(f"{_PATH}/complete")
@answering_pages
async def complete_it(request: web.Request) -> web.StreamResponse:
    """Fill in what the board's mail lacks; a field left empty stays as it is."""
    browser = await signed_in_agent(request)
    fields = await read_own_form(request, browser.csrf_token)
    said = {name: fields[name] for name in _FIELDS if fields.get(name, "").strip()}
    try:
        changed = await complete(await _id(request, browser), said, browser.actor, counter_of(request).office)
    except Refused as refused:
        return await again(request, browser, refused, fields)
    return await done(request, changed, "change_completed")


async def _id(request: web.Request, browser: Browser) -> str:
    """The id of the change the ticket is about."""
    office = counter_of(request).office
    summary = await summary_for(request.match_info["protocol"], browser.actor, office.profile)
    if summary is None:
        raise Refused(Reason.NOT_FOUND)
    return str(summary["id"])
