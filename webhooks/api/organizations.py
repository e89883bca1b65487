"""Organizations for programs: the desk's admin sees and changes all, an organization's own sees his."""

from dataclasses import replace

from aiohttp import web

from core import clock
from core.people import changing_organizations, organization_rows, organizations
from core.people.actor import ActorKind
from core.people.administering import require_desk_admin, require_manager
from core.people.organizations import NewOrganization
from core.people.pages import place_of
from webhooks.api.bodies import parse_body
from webhooks.api.managing import managed_organization
from webhooks.api.people_bodies import OrganizationBody, OrganizationPatch
from webhooks.counter import counter_of, language_of
from webhooks.json_body import read_json
from webhooks.security import require_actor, require_admin

routes = web.RouteTableDef()


@routes.get("/api/v1/organizations")
async def list_some(request: web.Request) -> web.Response:
    """The organizations the caller manages, in the order they came."""
    actor = await require_actor(request)
    own = actor.organization_id if actor.kind is ActorKind.PERSON else None
    require_manager(actor, own or 0)
    page = await organization_rows.page(place_of(request.query), counter_of(request).office.profile, only=own)
    return web.json_response({"items": page.items, "next": page.next})


@routes.post("/api/v1/organizations")
async def add(request: web.Request) -> web.Response:
    """Add an organization; the desk's admin alone."""
    actor = await require_admin(request)
    profile, now = counter_of(request).office.profile, clock.now()
    body = parse_body(OrganizationBody, await read_json(request), language_of(request))

    new = NewOrganization(**body.given)  # type: ignore[arg-type]
    organizations.require_fit(new, profile, now)
    organization = await organizations.add(new, actor, now)

    location = f"/api/v1/organizations/{organization.id}"
    row = await organization_rows.row(organization, profile)
    return web.json_response(row, status=201, headers={"Location": location})


@routes.get("/api/v1/organizations/{id}")
async def show(request: web.Request) -> web.Response:
    """One organization."""
    _, organization = await managed_organization(request)
    return web.json_response(await organization_rows.row(organization, counter_of(request).office.profile))


@routes.patch("/api/v1/organizations/{id}")
async def change(request: web.Request) -> web.Response:
    """Change what is named of an organization; the desk's admin alone."""
    actor, organization = await managed_organization(request)
    require_desk_admin(actor)
    profile = counter_of(request).office.profile
    body = parse_body(OrganizationPatch, await read_json(request), language_of(request))

    changed = await changing_organizations.change(
        organization.id, lambda was: replace(was, **body.given), profile, actor, now=clock.now()  # type: ignore[arg-type]
    )  # fmt: skip

    return web.json_response(await organization_rows.row(changed, profile))
