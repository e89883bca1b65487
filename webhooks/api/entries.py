"""A new entry on a ticket: an agent's reply or note, or the customer's own complement."""

import base64
import binascii
from collections.abc import Sequence

from aiohttp import web

from core import deliveries
from core.attachments import BlobStore, keep
from core.errors import InvalidFields
from core.message import Attachment
from core.tickets.replying import EntryDraft, add_entry
from core.tickets.views import entry_view
from webhooks.api.bodies import EntryBody, FileBody, parse_body
from webhooks.counter import counter_of, language_of
from webhooks.json_body import read_json
from webhooks.security import require_actor

routes = web.RouteTableDef()


@routes.post("/api/v1/tickets/{protocol}/entries")
async def add(request: web.Request) -> web.Response:
    """Add the entry; JSON carries its files in base64, multipart as they are."""
    actor = await require_actor(request)
    counter = counter_of(request)
    draft = await _draft(request)

    changed = await add_entry(request.match_info["protocol"], draft, actor, counter.office)

    await deliveries.announce(counter.queue, changed.deliveries)
    assert changed.entry_id is not None
    return web.json_response(await entry_view(changed.entry_id), status=201)


async def _draft(request: web.Request) -> EntryDraft:
    blobs = counter_of(request).office.blobs
    body = parse_body(EntryBody, await read_json(request), language_of(request))
    return EntryDraft(body.text, body.visibility, await _kept(blobs, body.attachments))


async def _kept(blobs: BlobStore, files: Sequence[FileBody]) -> tuple[Attachment, ...]:
    """The files, durable in the store; every unreadable one is told before any is kept."""
    contents = [_decoded(each.content) for each in files]
    errors = {
        f"attachments.{index}.content": ["is no base64"]
        for index, content in enumerate(contents)
        if content is None
    }
    if errors:
        raise InvalidFields(errors)
    return tuple(
        [
            Attachment(filename=each.filename, content_type=each.content_type, blob=await keep(blobs, content))
            for each, content in zip(files, contents, strict=True)
            if content is not None
        ]
    )


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
