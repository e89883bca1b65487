"""The audit for programs of the desk's admin: who changed what, and whether the chain of rows is whole."""

from aiohttp import web

from core import audit_chain, clock
from core.people.audit_trail import TrailQuery, read_trail
from core.verifying_audit import flaws
from webhooks.counter import counter_of
from webhooks.security import require_admin

routes = web.RouteTableDef()


@routes.get("/api/v1/audit")
async def trail(request: web.Request) -> web.Response:
    """The rows, newest first, by `actor, action, object, from, to`."""
    await require_admin(request)
    wanted = TrailQuery.parse(request.query, counter_of(request).office.profile.zone)
    found = await read_trail(wanted)
    return web.json_response({"items": found.items, "next": found.next})


@routes.get("/api/v1/audit/chain")
async def chain(request: web.Request) -> web.Response:
    """Where the chain ends, how many rows wait to be sealed, and what is wrong with it."""
    await require_admin(request)
    found = await flaws(counter_of(request).office.signing)
    end = await audit_chain.head()
    return web.json_response(
        {
            "seq": int(end["seq"]) if end else 0, "digest": str(end["digest"]) if end else None,
            "waiting": await audit_chain.waiting_since(clock.now()), "flaws": [str(flaw) for flaw in found],
        }  # fmt: skip
    )
