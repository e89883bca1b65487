"""An entry's HTML on its way to a reader: pictures of the same mail found, those of others not (H07)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import unescape
from urllib.parse import unquote
from uuid import UUID

from core.decision import Reason
from core.errors import Refused
from core.people.actor import Actor, ActorKind
from core.profile import Profile
from core.tickets.masking import hides_html
from core.tickets.rights import own_ticket
from core.tickets.tables import Entry, EntryAttachment

# As `gateway.ingest.html_shown` writes them: in double quotes, `<` and `>` of values escaped.
_IMAGE = re.compile(r'<img(?: [a-z-]+="[^"]*")*>')
_SOURCE = re.compile(r' src="cid:([^"]*)"')
_REMOTE = ' data-remote-src="'


@dataclass(frozen=True, slots=True)
class EntryHtml:
    """The stored HTML of an entry, `cid:` not yet resolved, and the entry's own files by Content-ID."""

    html: str
    files: Mapping[str, EntryAttachment]


async def entry_html_for(protocol: str, entry_id: str, actor: Actor, profile: Profile) -> EntryHtml:
    """The HTML of an entry of this ticket for an agent who may read it; else `Refused(NOT_FOUND)`.

    Where the profile hides something of it, it is not shown at all.
    """
    ticket = await own_ticket(protocol, actor, profile)
    try:
        entry = await Entry.get_or_none(id=UUID(entry_id), ticket_id=ticket.id)
    except ValueError:
        entry = None
    if entry is None or not entry.html or actor.kind is not ActorKind.AGENT or hides_html(entry, profile.sensitive):
        raise Refused(Reason.NOT_FOUND)
    files = await EntryAttachment.filter(entry_id=entry.id).exclude(content_id="")
    return EntryHtml(entry.html, {each.content_id: each for each in files})


def pictures_of(html: str) -> frozenset[str]:
    """The Content-IDs of the pictures that `html` shows."""
    sources = (each for image in _IMAGE.finditer(html) for each in _SOURCE.findall(image.group()))
    return frozenset(unquote(unescape(each)) for each in sources)


def with_pictures(html: str, address_of: Callable[[str], str | None]) -> str:
    """`html` with every `cid:` replaced by what `address_of` says of its Content-ID; None takes it away."""

    def source(match: re.Match[str]) -> str:
        address = address_of(unquote(unescape(match.group(1))))
        return f' src="{address}"' if address else ""

    return _IMAGE.sub(lambda image: _SOURCE.sub(source, image.group()), html)


def with_remote_images(html: str) -> str:
    """`html` whose images from elsewhere load: for a reader who asked for them."""
    return _IMAGE.sub(lambda image: image.group().replace(_REMOTE, ' src="'), html)


def has_remote_images(html: str) -> bool:
    """Whether a reader could ask for images."""
    return any(_REMOTE in image.group() for image in _IMAGE.finditer(html))
