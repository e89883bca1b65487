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
from gateway.channels.mail_headers import Field, block, cleaned, ids, mailbox, text, word

MAX_FILE_NAME = 75
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
    name = _file_name(file.filename)
    # RFC 8187: whatever is more than plain ASCII travels encoded, in one line of less than 998 octets.
    shown = f'"{name}"' if re.fullmatch(r"[A-Za-z0-9._ -]+", name) else ""
    disposition = f"attachment; filename={shown}" if shown else f"attachment; filename*=utf-8''{quote(name, safe='')}"
    return [
        word("Content-Type", kind),
        word("Content-Transfer-Encoding", "base64"),
        Field("Content-Disposition", disposition, disposition.replace("; ", ";\r\n ", 1)),
    ]


def _file_name(filename: str) -> str:
    name = cleaned(filename, 1_000) or "file"
    if len(name) <= MAX_FILE_NAME:
        return name
    stem, dot, suffix = name.rpartition(".")
    end = dot + suffix if len(suffix) <= 10 else ""
    return (stem or name)[: MAX_FILE_NAME - len(end)] + end


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
