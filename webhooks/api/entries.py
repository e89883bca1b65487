"""A new entry on a ticket: an agent's reply or note, or the customer's own complement; and what is hidden of one."""

from aiohttp import web

from core import clock, deliveries
from core.tickets.entry_views import entry_view
from core.tickets.replying import EntryDraft, add_entry
from core.tickets.revealing import reveal
from webhooks.api.bodies import EntryBody, parse_body
from webhooks.counter import counter_of, language_of
from webhooks.security import require_actor
from webhooks.uploads import kept, read_upload

routes = web.RouteTableDef()


@routes.post("/api/v1/tickets/{protocol}/entries")
async def add(request: web.Request) -> web.Response:
    """Add the entry; JSON carries its files in base64, multipart as they are."""
    actor = await require_actor(request)
    counter = counter_of(request)
    upload = await read_upload(request)
    body = parse_body(EntryBody, upload.fields, language_of(request))
    # Large files are durable before the entry that names them.
    files = await kept(upload.attachments, counter.office.blobs)

    draft = EntryDraft(body.text, body.visibility, files, undo_seconds=body.undo_seconds)
    changed = await add_entry(request.match_info["protocol"], draft, actor, counter.office)

    await deliveries.announce(counter.queue, changed.deliveries)
    assert changed.entry_id is not None
    return web.json_response(await entry_view(changed.entry_id, counter.office.profile), status=201)


@routes.post("/api/v1/entries/{id}/reveal")
async def show_hidden(request: web.Request) -> web.Response:
    """The entry with nothing hidden, for an agent who may work on it; the audit names who looked."""
    actor = await require_actor(request)
    return web.json_response(await reveal(request.match_info["id"], actor, clock.now()))
