"""What a person writes and calls from, for programs: add an address or telephone, take one or a chat away."""

from aiohttp import web

from core import clock
from core.people import identities, person_rows
from core.people.identities import NewIdentity
from core.people.person_rows import identity_row
from webhooks.api.bodies import parse_body
from webhooks.api.managing import managed_person, number_of
from webhooks.api.people_bodies import IdentityBody
from webhooks.counter import counter_of, language_of
from webhooks.json_body import read_json

routes = web.RouteTableDef()
_PATH = "/api/v1/organizations/{id}/users/{user_id}/identities"


@routes.get(_PATH)
async def list_all(request: web.Request) -> web.Response:
    """His addresses, telephones and linked chats."""
    _, person = await managed_person(request)
    row = await person_rows.row(person)
    return web.json_response({"items": row["identities"], "next": None})


@routes.post(_PATH)
async def add(request: web.Request) -> web.Response:
    """Let him write or call from there, too."""
    actor, person = await managed_person(request)
    body = parse_body(IdentityBody, await read_json(request), language_of(request))

    new = NewIdentity(person.id, body.kind, body.value)
    identity = await identities.add(new, counter_of(request).office.profile, actor, clock.now())

    row = identity_row(identity)
    return web.json_response(row, status=201, headers={"Location": f"{request.path}/{identity.id}"})


@routes.delete(f"{_PATH}/{{identity_id}}")
async def remove(request: web.Request) -> web.Response:
    """Take one from him; his main address stays."""
    actor, person = await managed_person(request)
    await identities.remove(person.id, number_of(request, "identity_id"), actor, clock.now())
    return web.Response(status=204)
