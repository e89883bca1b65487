"""The people of an organization for programs: list, add, and change their rights."""

from aiohttp import web

from core import clock, deliveries
from core.people import granting, inviting, person_rows, persons
from core.people.granting import PersonChange
from core.people.pages import place_of
from core.people.persons import NewPerson
from core.people.rights import RightsChange
from webhooks.api.bodies import parse_body
from webhooks.api.managing import managed_organization, managed_person
from webhooks.api.people_bodies import UserBody, UserPatch
from webhooks.counter import counter_of, language_of
from webhooks.json_body import read_json

routes = web.RouteTableDef()


@routes.get("/api/v1/organizations/{id}/users")
async def list_some(request: web.Request) -> web.Response:
    """The organization's people, in the order they came."""
    _, organization = await managed_organization(request)
    page = await person_rows.page(organization.id, place_of(request.query))
    return web.json_response({"items": page.items, "next": page.next})


@routes.post("/api/v1/organizations/{id}/users")
async def add(request: web.Request) -> web.Response:
    """Add a person; 409 where no place for a key user is left."""
    actor, organization = await managed_organization(request)
    body = parse_body(UserBody, await read_json(request), language_of(request))

    new = NewPerson(
        body.email, organization.name, body.name or "", body.phone, body.role, body.may_speak, body.administers,
        body.scopes,
    )  # fmt: skip
    counter, now = counter_of(request), clock.now()
    person = await persons.add(new, counter.office.profile, actor, now)
    if body.invite:
        letter = await inviting.invite(person, counter.office.signing, now, actor)
        await deliveries.announce(counter.queue, [letter])

    location = f"/api/v1/organizations/{organization.id}/users/{person.id}"
    return web.json_response(await person_rows.row(person), status=201, headers={"Location": location})


@routes.get("/api/v1/organizations/{id}/users/{user_id}")
async def show(request: web.Request) -> web.Response:
    """One person."""
    _, person = await managed_person(request)
    return web.json_response(await person_rows.row(person))


@routes.patch("/api/v1/organizations/{id}/users/{user_id}")
async def change(request: web.Request) -> web.Response:
    """Change his name or rights; 409 where the quota, the last administrator or the version forbid it."""
    actor, person = await managed_person(request)
    body = parse_body(UserPatch, await read_json(request), language_of(request))

    rights = RightsChange(body.role, body.may_speak, body.administers, body.scopes, body.blocked)
    wanted = PersonChange(person.id, rights, body.name, body.version)
    changed = await granting.change(wanted, counter_of(request).office.profile, actor, clock.now())

    return web.json_response(await person_rows.row(changed))
