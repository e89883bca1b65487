"""A file of an entry, handed out so that no browser ever opens it inside our origin."""

import unicodedata
from urllib.parse import quote

from aiohttp import web

from core import attachments
from core.decision import Reason
from core.errors import Refused
from core.tickets.views import attachment_for
from webhooks.counter import counter_of
from webhooks.security import require_actor

routes = web.RouteTableDef()

# A claimed type is repeated only where the bytes begin as that type does (SECURITY.md H02, H03).
_SIGNATURES = {
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/jpeg": b"\xff\xd8\xff",
    "image/gif": b"GIF8",
    "application/pdf": b"%PDF-",
    "application/zip": b"PK\x03\x04",
    "text/plain": b"",
}


@routes.get("/api/v1/attachments/{id}")
async def download(request: web.Request) -> web.Response:
    """The file, by right on its ticket; foreign and unknown ones are the same 404."""
    actor = await require_actor(request)
    office = counter_of(request).office
    row = await attachment_for(request.match_info["id"], actor, office.profile)

    content = await attachments.fetch(office.blobs, row.digest)
    if content is None:
        raise Refused(Reason.NOT_FOUND)

    headers = {
        "Content-Type": safe_type(row.content_type, content),
        "Content-Disposition": disposition(row.filename),
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
    }
    return web.Response(body=content, headers=headers)


def safe_type(claimed: str, content: bytes) -> str:
    """The claimed type where it is harmless and true, else `application/octet-stream`."""
    kind = claimed.partition(";")[0].strip().lower()
    signature = _SIGNATURES.get(kind)
    is_true = signature is not None and content.startswith(signature)
    return kind if is_true else "application/octet-stream"


def disposition(filename: str) -> str:
    """`attachment` with the name in ASCII and in UTF-8 (RFC 6266 §4.3, RFC 8187 §3.2)."""
    name = "".join(each for each in filename if each.isprintable() and each not in '/\\"') or "file"
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = "".join(each if each.isalnum() or each in " ._-()" else "_" for each in plain).strip(" .")
    return f"attachment; filename=\"{plain or 'file'}\"; filename*=UTF-8''{quote(name, safe='')}"
