"""Changes of administrator for programs: agents approve, an organization's administrators contest (S4-22)."""

from aiohttp import web

from core import clock, deliveries
from core.errors import InvalidFields
from core.people.actor import Actor
from core.tickets.administrators.approving import approve
from core.tickets.administrators.completing import complete
from core.tickets.administrators.contesting import contest
from core.tickets.administrators.listing import MAX_PAGE, PAGE, Wanted, list_changes
from core.tickets.administrators.rejecting import reject
from core.tickets.administrators.views import announced_view, change_view, revealed_view
from core.tickets.changed import Changed
from webhooks.api.bodies import Body, parse_body
from webhooks.counter import counter_of, language_of
from webhooks.json_body import read_json
from webhooks.security import require_actor, require_agent

routes = web.RouteTableDef()

_PATH = "/api/v1/administrator-changes"


class NoBody(Body):
    """Nothing needs to be said."""


class ReasonBody(Body):
    """Why."""

    reason: str = ""


class CompleteBody(Body):
    """What an agent fills in; a field that is not named stays as it is."""

    name: str | None = None
    cpf: str | None = None
    email: str | None = None
    replaces: str | None = None


@routes.get(_PATH)
async def list_some(request: web.Request) -> web.Response:
    """Those of the tickets the agent may read, newest first."""
    actor = await require_agent(request)
    query = request.query
    if unknown := set(query) - {"state", "limit", "cursor"}:
        raise InvalidFields({name: ["no such parameter"] for name in unknown})
    wanted = Wanted(
        query.get("state", ""), _number(query.get("limit", str(PAGE)), "limit", MAX_PAGE),
        _number(query["cursor"], "cursor", 2**31 - 1) if "cursor" in query else None,
    )  # fmt: skip
    items, following = await list_changes(wanted, actor, counter_of(request).office)
    return web.json_response({"items": items, "next": following})


def _number(text: str, name: str, most: int) -> int:
    if text.isascii() and text.isdigit() and len(text) < 11 and 1 <= int(text) <= most:
        return int(text)
    raise InvalidFields({name: [f"must be a number from 1 to {most}"]})


@routes.get(f"{_PATH}/{{id}}")
async def show(request: web.Request) -> web.Response:
    """One of them; `reveal=1` shows the whole CPF to who may act, and the audit keeps that he looked."""
    actor = await require_agent(request)
    office, change_id = counter_of(request).office, request.match_info["id"]
    if request.query.get("reveal") == "1":
        return web.json_response(await revealed_view(change_id, actor, office, clock.now()))
    return web.json_response(await change_view(change_id, actor, office))


@routes.post(f"{_PATH}/{{id}}/complete")
async def complete_one(request: web.Request) -> web.Response:
    """Fill in what the board's mail lacks; approvals start anew."""
    actor = await require_agent(request)
    body = parse_body(CompleteBody, await read_json(request), language_of(request))
    said = body.model_dump(exclude_none=True)
    return await _answered(
        request, actor, await complete(request.match_info["id"], said, actor, counter_of(request).office)
    )


@routes.post(f"{_PATH}/{{id}}/approve")
async def approve_one(request: web.Request) -> web.Response:
    """Approve it: the second agent's approval announces it."""
    actor = await require_agent(request)
    parse_body(NoBody, await read_json(request) if request.can_read_body else {}, language_of(request))
    return await _answered(request, actor, await approve(request.match_info["id"], actor, counter_of(request).office))


@routes.post(f"{_PATH}/{{id}}/reject")
async def reject_one(request: web.Request) -> web.Response:
    """End it for a reason."""
    actor = await require_agent(request)
    body = parse_body(ReasonBody, await read_json(request), language_of(request))
    return await _answered(
        request, actor, await reject(request.match_info["id"], body.reason, actor, counter_of(request).office)
    )


@routes.post(f"{_PATH}/{{id}}/contest")
async def contest_one(request: web.Request) -> web.Response:
    """An administrator of the organization stops it in time."""
    actor = await require_actor(request)
    body = parse_body(ReasonBody, await read_json(request), language_of(request))
    counter, change_id = counter_of(request), request.match_info["id"]
    changed = await contest(change_id, body.reason, actor, counter.office)
    await deliveries.announce(counter.queue, changed.deliveries)
    return web.json_response(await announced_view(change_id, actor, counter.office, clock.now()))


async def _answered(request: web.Request, actor: Actor, changed: Changed) -> web.Response:
    counter = counter_of(request)
    await deliveries.announce(counter.queue, changed.deliveries)
    return web.json_response(await change_view(request.match_info["id"], actor, counter.office))
