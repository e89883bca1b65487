"""What a mail's parts say: the text to read, the HTML as it came, the files."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.ingest.charsets import decode, plain_lines
from gateway.ingest.filenames import clean_filename
from gateway.ingest.header_block import Budget
from gateway.ingest.html_text import html_to_text
from gateway.ingest.parts import Leaf, content_of

MAX_TEXT = 1_000_000
_META_CHARSET = re.compile(rb"charset=[\"']?([A-Za-z0-9._-]{1,40})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class MailAttachment:
    """A file in a mail; the name is cleaned for display and never a path."""

    filename: str
    content_type: str
    size: int
    content: bytes


@dataclass(frozen=True, slots=True)
class Bodies:
    """The readable text, at most a million characters, the HTML likewise, and every file."""

    text: str
    html: str
    attachments: tuple[MailAttachment, ...]


def bodies_of(raw: bytes, leaves: Sequence[Leaf], budget: Budget) -> Bodies:
    """Sort the leaves into what is read and what is kept as a file."""
    readable = [each for each in leaves if _is_readable(each)]
    decoded = _decoded(raw, readable, budget)
    files = tuple(_attachment(raw, each) for each in leaves if not _is_readable(each))
    html = "\n".join(text for leaf, text in decoded if leaf.content_type == "text/html")
    return Bodies(text=_text(decoded), html=html, attachments=files)


def _is_readable(leaf: Leaf) -> bool:
    return leaf.content_type in ("text/plain", "text/html") and not (leaf.is_attachment or leaf.filename)


def _decoded(raw: bytes, readable: Sequence[Leaf], budget: Budget) -> list[tuple[Leaf, str]]:
    left = MAX_TEXT
    found = []
    for leaf in readable:
        # Quoted-printable triples a byte, at worst.
        data = content_of(raw, leaf, left * 3)
        if len(data) > left or leaf.end - leaf.start > left * 3:
            budget.flag("text-cut")
        charset = leaf.charset
        if not charset and leaf.content_type == "text/html" and (meta := _META_CHARSET.search(data, 0, 2_000)):
            charset = meta.group(1).decode("ascii")
        text = plain_lines(decode(data[:left], charset))
        left -= min(left, len(data))
        found.append((leaf, text))
    return found


def _text(decoded: Sequence[tuple[Leaf, str]]) -> str:
    """The plain parts, and the HTML ones that no plain part is the alternative of."""
    plain_groups = {
        leaf.group for leaf, text in decoded if leaf.content_type == "text/plain" and leaf.group and text.strip()
    }
    pieces = []
    for leaf, text in decoded:
        if leaf.content_type == "text/plain":
            pieces.append(text.strip("\n"))
        elif leaf.group not in plain_groups:
            pieces.append(html_to_text(text))
    return "\n".join(each for each in pieces if each.strip())


def _attachment(raw: bytes, leaf: Leaf) -> MailAttachment:
    content = content_of(raw, leaf)
    return MailAttachment(
        filename=clean_filename(leaf.filename, leaf.content_type),
        content_type=leaf.content_type,
        size=len(content),
        content=content,
    )
