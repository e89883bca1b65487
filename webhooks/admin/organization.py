"""`/admin/organizations/{organization}`: what is known of one, its own rules for channels, and its merged users."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from aiohttp import web

from core import clock
from core.errors import Refused
from core.people import changing_organizations
from core.people.changing_organizations import Edit
from core.people.tables import Organization
from webhooks.admin.organization_fields import override_of, said_of, without
from webhooks.admin.organization_page import organization_page
from webhooks.admin.signed_in import ORGANIZATIONS, organization_of, signed_in_admin
from webhooks.console.answering import answering_pages
from webhooks.console.form_fields import read_own_form
from webhooks.counter import counter_of
from webhooks.security import Browser

routes = web.RouteTableDef()

_ONE = f"{ORGANIZATIONS}/{{organization}}"


@routes.get(_ONE)
@answering_pages
async def show(request: web.Request) -> web.StreamResponse:
    """What is known of it."""
    browser = await signed_in_admin(request)
    return await organization_page(request, browser, await organization_of(request))


@routes.post(_ONE)
@answering_pages
async def change(request: web.Request) -> web.StreamResponse:
    """Change its facts; its rules for channels stay."""
    asked = await _asked(request)
    return await _change(request, asked, lambda was: replace(said_of(asked.fields), overrides=was.overrides))


@routes.post(f"{_ONE}/overrides")
@answering_pages
async def add_override(request: web.Request) -> web.StreamResponse:
    """Let its people do more or less by a channel than the profile says; of several the last one counts (S4-02)."""
    asked = await _asked(request)
    return await _change(
        request, asked, lambda was: replace(was, overrides=(*was.overrides, override_of(asked.fields)))
    )


@routes.post(f"{_ONE}/overrides/remove")
@answering_pages
async def remove_override(request: web.Request) -> web.StreamResponse:
    """Take a rule away; what is there no more is taken away already."""
    asked = await _asked(request)
    spelled = asked.fields.get("override", "")
    return await _change(request, asked, lambda was: replace(was, overrides=without(was.overrides, spelled)))


@dataclass(frozen=True, slots=True)
class _Asked:
    browser: Browser
    organization: Organization
    fields: Mapping[str, str]


async def _asked(request: web.Request) -> _Asked:
    browser = await signed_in_admin(request)
    fields = await read_own_form(request, browser.csrf_token)
    return _Asked(browser, await organization_of(request), fields)


async def _change(request: web.Request, asked: _Asked, edit: Edit) -> web.StreamResponse:
    profile, organization = counter_of(request).office.profile, asked.organization
    try:
        await changing_organizations.change(organization.id, edit, profile, asked.browser.actor, now=clock.now())
    except Refused as refused:
        return await organization_page(request, asked.browser, organization, refused=refused, draft=asked.fields)
    return web.Response(status=303, headers={"Location": f"{ORGANIZATIONS}/{organization.id}?said=changed"})
