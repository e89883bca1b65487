"""The bytes of an outgoing mail: one text, perhaps files, nothing that names a machine or a program."""

import base64
import quopri
import re
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import format_datetime
from hashlib import sha256
from urllib.parse import quote

from core.tickets.letters import Letter
from gateway.channels.mail_headers import MAX_NAME, Field, block, cleaned, ids, mailbox, text, word

_TYPE = re.compile(r"(?!multipart/|message/)[A-Za-z0-9.+-]{1,60}/[A-Za-z0-9.+-]{1,60}")
_UNPRINTED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class File:
    """An attachment to send."""

    filename: str
    content_type: str
    content: bytes


def mail_bytes(letter: Letter, files: Sequence[File] = ()) -> bytes:
    """The whole mail with CRLF line ends; `SendFailed(permanent)` when it does not read as meant."""
    fields = [*_letter_fields(letter), word("MIME-Version", "1.0")]
    if not files:
        return block(fields + _body_fields(letter.text)) + _body(letter.text)
    # Made of the Message-ID, so that every try sends the same bytes and no host name is in it (O07).
    boundary = f"=_{sha256(letter.message_id.encode()).hexdigest()[:40]}"
    parts = [block(_body_fields(letter.text)) + _body(letter.text)]
    parts += [block(_file_fields(file)) + _base64(file.content) for file in files]
    mark = f"--{boundary}".encode()
    inner = b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts)
    kind = word("Content-Type", f'multipart/mixed; boundary="{boundary}"')
    return block([*fields, kind]) + inner + mark + b"--\r\n"


def _letter_fields(letter: Letter) -> list[Field]:
    fields = [
        mailbox("From", letter.from_name, letter.from_address),
        mailbox("To", letter.to_name, letter.to),
        text("Subject", letter.subject),
        word("Date", format_datetime(letter.written_at)),
        ids("Message-ID", [letter.message_id]),
        mailbox("Reply-To", letter.from_name, letter.reply_to) if letter.reply_to else None,
        ids("In-Reply-To", [letter.in_reply_to] if letter.in_reply_to else []),
        ids("References", letter.references),
    ]
    if letter.auto_submitted:
        fields += [word("Auto-Submitted", letter.auto_submitted), word("X-Auto-Response-Suppress", "All")]
    return [field for field in fields if field is not None]


def _body_fields(said: str) -> list[Field]:
    encoding = "7bit" if _is_short_ascii(_lines(said)) else "quoted-printable"
    return [
        word("Content-Type", "text/plain; charset=utf-8"),
        word("Content-Transfer-Encoding", encoding),
    ]


def _file_fields(file: File) -> list[Field]:
    kind = file.content_type if _TYPE.fullmatch(file.content_type) else "application/octet-stream"
    name = cleaned(file.filename, MAX_NAME) or "file"
    shown = re.sub(r"[^A-Za-z0-9._ -]", "_", name)
    disposition = [f'attachment; filename="{shown}"']
    if shown != name:
        # RFC 8187: the name itself, after an ASCII one for old readers.
        disposition.append(f"filename*=utf-8''{quote(name, safe='')}")
    return [
        word("Content-Type", kind),
        word("Content-Transfer-Encoding", "base64"),
        Field("Content-Disposition", "; ".join(disposition), ";\r\n ".join(disposition)),
    ]


def _lines(said: str) -> list[str]:
    """The body's lines without control characters, whatever ended them (O17)."""
    return re.split(r"\r\n|\r|\n", _UNPRINTED.sub("", said))


def _is_short_ascii(lines: Sequence[str]) -> bool:
    return all(line.isascii() and len(line) <= 78 for line in lines)


def _body(said: str) -> bytes:
    lines = _lines(said)
    if _is_short_ascii(lines):
        return "\r\n".join(lines).encode() + b"\r\n"
    encoded = quopri.encodestring("\n".join(lines).encode() + b"\n")
    return encoded.replace(b"\n", b"\r\n")


def _base64(content: bytes) -> bytes:
    return base64.encodebytes(content).replace(b"\n", b"\r\n")
