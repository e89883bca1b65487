"""A file of an entry, handed out so that no browser ever opens it inside our origin."""

import unicodedata
from urllib.parse import quote

from aiohttp import web

from core import attachments
from core.errors import Unavailable
from core.tickets.views import attachment_for
from gateway.ingest.files import believed_type
from webhooks.counter import counter_of
from webhooks.headers import DOWNLOAD
from webhooks.security import require_actor

routes = web.RouteTableDef()

@routes.get("/api/v1/attachments/{id}")
async def download(request: web.Request) -> web.Response:
    """The file, by right on its ticket; foreign and unknown ones are the same 404."""
    actor = await require_actor(request)
    office = counter_of(request).office
    row = await attachment_for(request.match_info["id"], actor, office.profile)

    content = await attachments.fetch(office.blobs, row.digest)
    if content is None:
        # He has the right, and it was here: the store is behind, or another process spools it.
        raise Unavailable("an attachment is not in the store")

    headers = {
        # Asked again, for it may be older than the rule (SECURITY.md H03).
        "Content-Type": believed_type(row.content_type, content),
        "Content-Disposition": disposition(row.filename),
        **DOWNLOAD,
    }
    return web.Response(body=content, headers=headers)


def disposition(filename: str) -> str:
    """`attachment` with the name in ASCII and in UTF-8 (RFC 6266 §4.3, RFC 8187 §3.2)."""
    name = "".join(each for each in filename if each.isprintable() and each not in '/\\"') or "file"
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = "".join(each if each.isalnum() or each in " ._-()" else "_" for each in plain).strip(" .")
    return f"attachment; filename=\"{plain or 'file'}\"; filename*=UTF-8''{quote(name, safe='')}"
