"""The mail behind an entry, byte for byte as it was received (SECURITY.md I16)."""

from aiohttp import web

from core import attachments, audit, clock
from core.database import telling_away
from core.errors import Unavailable
from core.tickets.views import raw_entry_for
from webhooks.counter import counter_of
from webhooks.headers import DOWNLOAD
from webhooks.security import require_actor

routes = web.RouteTableDef()


@routes.get("/api/v1/entries/{id}/raw")
async def raw(request: web.Request) -> web.Response:
    """The mail, for agents who may read the ticket; to everybody else the same 404.

    It hides nothing, unlike what is shown of it: who looked is written down first (I13).
    """
    actor = await require_actor(request)
    office = counter_of(request).office
    entry = await raw_entry_for(request.match_info["id"], actor, office.profile)
    assert entry.raw_digest is not None

    content = await attachments.fetch(office.blobs, entry.raw_digest)
    if content is None:
        raise Unavailable("the raw mail is not in the store")

    async with telling_away():
        await audit.record(actor.audit_name, "raw_read", f"entry:{entry.id}", clock.now())
    headers = {
        "Content-Type": "message/rfc822",
        "Content-Disposition": f'attachment; filename="{entry.id}.eml"',
        **DOWNLOAD,
    }
    return web.Response(body=content, headers=headers)
