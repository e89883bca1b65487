"""What a mail's parts say: the text to read, the HTML as it came, the files."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.ingest.charsets import decode, plain_lines
from gateway.ingest.enriched import enriched_to_text
from gateway.ingest.flowed import unflowed
from gateway.ingest.header_block import Budget
from gateway.ingest.html_text import html_to_text
from gateway.ingest.mail_files import MailAttachment, files_of, written_files
from gateway.ingest.parts import Leaf, content_of
from gateway.ingest.uuencoded import WrittenFile, files_in, without

MAX_TEXT = 1_000_000
_META_CHARSET = re.compile(rb"charset=[\"']?([A-Za-z0-9._-]{1,40})", re.IGNORECASE)
_BEGIN = re.compile(rb"^begin(?:-base64)? [0-7]{3,4} [^\r\n]", re.MULTILINE)
_PLAIN, _HTML = "text/plain", "text/html"
# Texts that are files, whether they say so or not; any other is read as plain (RFC 2046 §4.1.4).
_FILES = {
    "calendar", "vcard", "x-vcard", "directory", "x-vcalendar", "csv", "comma-separated-values", "rtf", "css", "xml",
    "javascript", "x-javascript", "rfc822-headers", "x-ms-iqy", "tab-separated-values", "json", "x-amp-html",
}  # fmt: skip
_ENRICHED = {"text/enriched", "text/richtext"}


@dataclass(frozen=True, slots=True)
class Bodies:
    """The readable text, at most a million characters, the HTML likewise, and every file.

    `is_from_html` says that nobody wrote a plain text: what is read was made of the HTML.
    """

    text: str
    html: str
    attachments: tuple[MailAttachment, ...]
    is_from_html: bool = False


@dataclass(frozen=True, slots=True)
class _Read:
    leaf: Leaf
    text: str
    is_plain: bool


def bodies_of(raw: bytes, leaves: Sequence[Leaf], budget: Budget) -> Bodies:
    """Sort the leaves into what is read and what is kept as a file."""
    is_alone = len(leaves) == 1
    readable = [each for each in leaves if is_readable(each, is_alone=is_alone) and not each.is_epilogue]
    others = [each for each in leaves if not each.is_epilogue and not is_readable(each, is_alone=is_alone)]
    read, written = _read(raw, readable, budget)
    files, tnef = files_of(raw, others)

    html = "\n".join(each.text for each in read if each.leaf.content_type == _HTML)
    text = _text(read)
    if not text and tnef is not None:
        html = html or plain_lines(tnef.html)[:MAX_TEXT]
        text = plain_lines(tnef.text)[:MAX_TEXT].strip("\n") or html_to_text(html)
    if not text:
        # Somebody closed the last part before he wrote.
        text = _text(_read(raw, [each for each in leaves if each.is_epilogue], budget)[0])
    is_from_html = bool(html) and not any(each.is_plain and each.text.strip() for each in read)
    return Bodies(text, html, (*written_files(written), *files), is_from_html)


def is_readable(leaf: Leaf, *, is_alone: bool) -> bool:
    """Whether a leaf is read rather than kept as a file."""
    main, _, kind = leaf.content_type.partition("/")
    if main != "text" or kind in _FILES or leaf.is_attachment or leaf.filename:
        return False
    # Some programs give the text itself a name; as one of several parts it is a file's.
    return not leaf.type_name or is_alone or leaf.group > 0


def _read(raw: bytes, readable: Sequence[Leaf], budget: Budget) -> tuple[list[_Read], list[WrittenFile]]:
    left = MAX_TEXT
    found: list[_Read] = []
    files: list[WrittenFile] = []
    for leaf in readable:
        data, is_cut = _data(raw, leaf, left, files)
        if is_cut:
            budget.flag("text-cut")
        text = plain_lines(decode(data, leaf.charset or _own_charset(leaf, data)))
        if leaf.is_flowed:
            text = unflowed(text, deletes_space=leaf.deletes_space)
        left -= len(data)
        found.append(_Read(leaf, text, is_plain=leaf.content_type == _PLAIN))
    return found, files


def _data(raw: bytes, leaf: Leaf, left: int, files: list[WrittenFile]) -> tuple[bytes, bool]:
    """At most `left` octets of a leaf's text, and whether more was there; files written into it go to `files`."""
    # The plain word first: it is found, or not, far quicker than the pattern.
    may_hold_files = leaf.content_type == _PLAIN and raw.find(b"begin", leaf.start, leaf.end) >= 0
    if may_hold_files and _BEGIN.search(raw, leaf.start, leaf.end):
        whole = content_of(raw, leaf)
        written = files_in(whole)
        files += written
        whole = without(whole, written) if written else whole
        return whole[:left], len(whole) > left
    # Quoted-printable triples a byte, at worst.
    data = content_of(raw, leaf, left * 3)
    return data[:left], len(data) > left or leaf.end - leaf.start > left * 3


def _own_charset(leaf: Leaf, data: bytes) -> str:
    """The charset an HTML names itself, where its part does not."""
    meta = _META_CHARSET.search(data, 0, 2_000) if leaf.content_type == _HTML else None
    return meta.group(1).decode("ascii") if meta else ""


def _text(read: Sequence[_Read]) -> str:
    """The plain parts, and those of other kinds that no better one is the alternative of."""
    with_plain = {each.leaf.group for each in read if each.is_plain and each.leaf.group and each.text.strip()}
    with_html = {each.leaf.group for each in read if each.leaf.content_type == _HTML and each.leaf.group}
    pieces = []
    for each in read:
        group = each.leaf.group
        if each.is_plain:
            pieces.append(each.text.strip("\n"))
        elif group in with_plain:
            continue
        elif each.leaf.content_type == _HTML:
            pieces.append(html_to_text(each.text))
        elif group not in with_html:
            pieces.append(enriched_to_text(each.text) if each.leaf.content_type in _ENRICHED else each.text.strip("\n"))
    return "\n".join(each for each in pieces if each.strip())
