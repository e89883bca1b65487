"""DKIM signatures on mail of our own making (RFC 6376), relaxed in header and body.

The library that verifies signs in seven milliseconds; what we sign we wrote ourselves, so a small
canonicalisation is enough, and the tests hold it against that library.
"""

import base64
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import sha256

from gateway.channels.dkim_keyring import SigningKey

# Each is named once more than it stands there, so that nobody adds another unnoticed (RFC 6376 8.15).
_SIGNED = (
    "From", "To", "Cc", "Subject", "Date", "Message-ID", "Reply-To", "In-Reply-To", "References", "MIME-Version",
    "Content-Type", "Content-Transfer-Encoding", "Auto-Submitted",
)  # fmt: skip
_BLANKS = re.compile(rb"[ \t]+")
_BLANK_ENDS = re.compile(rb"[ \t]+(?=\r\n)")
_FIELD = (
    "DKIM-Signature: v=1; a={algorithm}; c=relaxed/relaxed;\r\n d={domain};\r\n s={selector}; t={at};\r\n"
    " bh={body_hash};\r\n h={names};\r\n b="
)
_LINE = 72


def signed(mail: bytes, keys: Iterable[SigningKey], written_at: datetime) -> bytes:
    """`mail` (CRLF) under one signature for each key whose domain is that of its From.

    The same mail gets the same bytes at every try: `t=` is the time it was written.
    """
    head, _, body = mail.partition(b"\r\n\r\n")
    headers = _headers(head)
    domain = _domain(headers)
    fitting = [key for key in keys if key.domain == domain]
    if not fitting:
        return mail
    body_hash = base64.b64encode(sha256(_relaxed_body(body)).digest()).decode()
    names, signed_text = _signed_headers(headers)
    written = b""
    for key in fitting:
        unsigned = _FIELD.format(
            algorithm=key.algorithm, domain=key.domain, selector=key.selector, at=int(written_at.timestamp()),
            body_hash=body_hash, names=_folded(names),
        ).encode("ascii")  # fmt: skip
        signature = base64.b64encode(key.sign(signed_text + _relaxed(*_split(unsigned)))).decode()
        written += unsigned + _broken(signature).encode("ascii") + b"\r\n"
    return written + mail


def _headers(head: bytes) -> list[tuple[str, bytes]]:
    """Each header with its value as written, in order."""
    return [_split(each) for each in re.split(rb"\r\n(?![ \t])", head)]


def _split(header: bytes) -> tuple[str, bytes]:
    name, _, value = header.partition(b":")
    return name.decode("ascii"), value


def _domain(headers: Sequence[tuple[str, bytes]]) -> str:
    value = next((value for name, value in headers if name == "From"), b"")
    return value.decode("ascii").rpartition("@")[2].strip(" >\t\r\n").lower()


def _signed_headers(headers: Sequence[tuple[str, bytes]]) -> tuple[list[str], bytes]:
    """The names for `h=`, and the text they stand for; each of them stands in our mail at most once."""
    there = dict(headers)
    names: list[str] = []
    text = b""
    for name in _SIGNED:
        if name in there:
            names.append(name)
            text += _relaxed(name, there[name]) + b"\r\n"
        names.append(name)
    return names, text


def _relaxed(name: str, value: bytes) -> bytes:
    """RFC 6376 3.4.2."""
    return name.lower().encode("ascii") + b":" + _BLANKS.sub(b" ", value.replace(b"\r\n", b"")).strip(b" \t")


def _relaxed_body(body: bytes) -> bytes:
    """RFC 6376 3.4.4: an empty body stays empty, any other ends in one line end."""
    text = _BLANK_ENDS.sub(b"", _BLANKS.sub(b" ", body + b"\r\n")).rstrip(b"\r\n")
    return text + b"\r\n" if text else b""


def _folded(names: Sequence[str]) -> str:
    return ":\r\n ".join(":".join(names[at : at + 5]) for at in range(0, len(names), 5))


def _broken(signature: str) -> str:
    return "".join(f"\r\n {signature[at : at + _LINE]}" for at in range(0, len(signature), _LINE))
