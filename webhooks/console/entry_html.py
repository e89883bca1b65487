"""A mail in its own format, in a frame of its own that runs nothing and loads nothing unasked (H01 to H07)."""

import base64

from aiohttp import web
from markupsafe import Markup

from core import attachments
from core.attachments import BlobStore
from core.tickets.entry_html import EntryHtml, entry_html_for, pictures_of, with_pictures, with_remote_images
from gateway.ingest.files import believed_type
from webhooks.console.answering import answering_pages, signed_in_agent
from webhooks.counter import counter_of
from webhooks.rendering import page

routes = web.RouteTableDef()

# Larger pictures stay what they are besides: files to download.
MAX_PICTURE = 2 * 1024 * 1024
MAX_PICTURES = 8 * 1024 * 1024
_PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")
# Scripts, forms and the window around it are out of reach: an origin of its own, and no sources.
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:{images}; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
)


@routes.get("/console/tickets/{protocol}/entries/{id}/html")
@answering_pages
async def show(request: web.Request) -> web.StreamResponse:
    """The entry's HTML; with `?images=1` also what it shows from elsewhere, which tells its sender so."""
    browser = await signed_in_agent(request)
    office = counter_of(request).office
    protocol, entry_id = request.match_info["protocol"], request.match_info["id"]
    found = await entry_html_for(protocol, entry_id, browser.actor, office.profile)
    is_asked = request.query.get("images") == "1"

    html = await _with_own_pictures(found, office.blobs)
    if is_asked:
        html = with_remote_images(html)

    # Safe: `gateway.ingest.html_shown` made it so before it was stored.
    response = page(request, "entry_html.html", {"html": Markup(html)})  # noqa: S704
    response.headers["Content-Security-Policy"] = _POLICY.format(images=" https: http:" if is_asked else "")
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


async def _with_own_pictures(found: EntryHtml, blobs: BlobStore) -> str:
    """The pictures the mail brought along, within the page: a frame without an origin may fetch nothing."""
    addresses: dict[str, str] = {}
    left = MAX_PICTURES
    asked = pictures_of(found.html)
    for content_id, file in found.files.items():
        if content_id not in asked or file.size > min(MAX_PICTURE, left):
            continue
        content = await attachments.fetch(blobs, file.digest)
        kind = believed_type(file.content_type, content) if content else ""
        if content and kind in _PICTURES:
            left -= len(content)
            addresses[content_id] = f"data:{kind};base64,{base64.b64encode(content).decode()}"
    return with_pictures(found.html, addresses.get)
