"""`/admin/organizations`: every organization, found by name, and adding one."""

from collections.abc import Mapping
from urllib.parse import urlencode

from aiohttp import web

from core import clock
from core.errors import InvalidFields, Refused
from core.people import organization_rows, organizations
from core.people.pages import Place, place_of
from core.policy.reasons import http_status
from webhooks.admin.organization_fields import FACTS, said_of
from webhooks.admin.signed_in import ORGANIZATIONS, signed_in_admin
from webhooks.console.answering import answering_pages
from webhooks.console.form_fields import read_own_form
from webhooks.counter import counter_of
from webhooks.portal.complaining import complaints_of, wrong_fields
from webhooks.rendering import page
from webhooks.security import Browser

routes = web.RouteTableDef()

_MAX_QUERY = 200


@routes.get(ORGANIZATIONS)
@answering_pages
async def show_organizations(request: web.Request) -> web.StreamResponse:
    """One page of them, in the order they came; a cursor that is none begins anew."""
    return await _page(request, await signed_in_admin(request))


@routes.post(ORGANIZATIONS)
@answering_pages
async def add(request: web.Request) -> web.StreamResponse:
    """Add one; its first administrator is added on the page of its people."""
    browser = await signed_in_admin(request)
    fields = await read_own_form(request, browser.csrf_token)
    profile, now = counter_of(request).office.profile, clock.now()
    try:
        new = said_of(fields)
        organizations.require_fit(new, profile, now)
        organization = await organizations.add(new, browser.actor, now)
    except Refused as refused:
        return await _page(request, browser, refused=refused, draft=fields)
    return web.Response(status=303, headers={"Location": f"{ORGANIZATIONS}/{organization.id}?said=added"})


async def _page(
    request: web.Request,
    browser: Browser,
    *,
    refused: Refused | None = None,
    draft: Mapping[str, str] | None = None,
) -> web.Response:
    q = request.query.get("q", "")[:_MAX_QUERY].replace("\x00", "").strip()
    found = await organization_rows.page(_place(request), counter_of(request).office.profile, named=q)
    context = {
        "rows": found.items, "q": q,
        "next": f"{ORGANIZATIONS}?{urlencode({'q': q, 'cursor': found.next})}" if found.next else "",
        "draft": {name: (draft or {}).get(name, "") for name in FACTS},
        "complaints": complaints_of(request, refused) if refused else [], "wrong": wrong_fields(refused),
    }  # fmt: skip
    return page(
        request, "admin/organizations.html", context, actor=browser.actor, csrf_token=browser.csrf_token,
        status=http_status(refused.reason) if refused else 200,
    )  # fmt: skip


def _place(request: web.Request) -> Place:
    try:
        return place_of({"cursor": request.query["cursor"]} if request.query.get("cursor") else {})
    except InvalidFields:
        return Place()
