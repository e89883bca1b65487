"""The files of a mail under names fit to be shown: parts, what a text has written in it, what is in a winmail.dat."""

import mimetypes
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.ingest.charsets import decode, one_line
from gateway.ingest.filenames import clean_filename
from gateway.ingest.header_block import Budget, read_headers
from gateway.ingest.header_words import decode_words
from gateway.ingest.parameters import content_type_of
from gateway.ingest.parts import Leaf, content_of
from gateway.ingest.tnef import Tnef, TnefFile, read_tnef
from gateway.ingest.uuencoded import WrittenFile

_TNEF = {"application/ms-tnef", "application/vnd.ms-tnef"}
_MAILS = {"message/rfc822", "message/global"}
_UNKNOWN = "application/octet-stream"
# The same types on every machine: no table of the system's is read.
_TYPES = mimetypes.MimeTypes(filenames=())


@dataclass(frozen=True, slots=True)
class MailAttachment:
    """A file in a mail; the name is cleaned for display and never a path.

    `content_id` is what the mail's own HTML calls it by (RFC 2392), without brackets.
    """

    filename: str
    content_type: str
    size: int
    content: bytes
    content_id: str = ""


def files_of(raw: bytes, leaves: Sequence[Leaf]) -> tuple[list[MailAttachment], Tnef | None]:
    """The leaves as files, each winmail.dat followed by what is in it, and what the first of those says."""
    found: list[MailAttachment] = []
    told: Tnef | None = None
    for leaf in leaves:
        file = _attachment(raw, leaf)
        found.append(file)
        if leaf.content_type in _TNEF or file.filename.lower() == "winmail.dat":
            tnef = read_tnef(file.content)
            found += [_from_tnef(each) for each in tnef.files]
            told = told or tnef
    return found, told


def written_files(files: Sequence[WrittenFile]) -> list[MailAttachment]:
    """The files that stood in a text."""
    return [_named(one_line(decode(each.name)), each.content) for each in files]


def _attachment(raw: bytes, leaf: Leaf) -> MailAttachment:
    content = content_of(raw, leaf)
    name = leaf.filename or leaf.type_name
    if not name and leaf.content_type in _MAILS:
        name = _subject(content)
    return MailAttachment(
        filename=clean_filename(name, leaf.content_type),
        content_type=leaf.content_type,
        size=len(content),
        content=content,
        content_id=leaf.content_id,
    )


def _subject(mail: bytes) -> str:
    """A forwarded mail's name is its subject."""
    headers = read_headers(mail, 0, len(mail), Budget(header_bytes=32 * 1024, headers=200))
    subject = decode_words(headers.first("subject"))[:120].translate({ord("/"): "_", ord("\\"): "_"})
    return f"{subject}.eml" if subject.strip(" ._") else ""


def _from_tnef(file: TnefFile) -> MailAttachment:
    named = _named(one_line(file.name), file.content)
    content_type = content_type_of(file.content_type.lower()) if file.content_type else named.content_type
    return MailAttachment(
        named.filename, content_type, named.size, file.content, content_id=one_line(file.content_id).strip("<>")[:250]
    )


def _named(name: str, content: bytes) -> MailAttachment:
    filename = clean_filename(name, _UNKNOWN)
    content_type = _TYPES.guess_type(filename)[0] or _UNKNOWN
    return MailAttachment(filename, content_type, len(content), content)
