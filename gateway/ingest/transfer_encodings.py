"""Transfer encodings (RFC 2045 §6), undone as far as they go whatever is wrong with them (P10)."""

import binascii
import re

from gateway.ingest.header_words import forgiving_base64
from gateway.ingest.uuencoded import uudecoded

_NAME = re.compile(rb"[ \t\"']*+([A-Za-z0-9_-]++)")
_UU = frozenset({"x-uuencode", "uuencode", "uue", "x-uue"})


def encoding_of(value: bytes) -> str:
    """The encoding's name in a header's value, in lower case and without what does not belong to it."""
    match = _NAME.match(value)
    return match.group(1).decode("ascii").lower() if match else ""


def undone(data: bytes, encoding: str) -> bytes:
    """`data` without its encoding; the same bytes where the name is unknown."""
    if encoding == "base64":
        return forgiving_base64(data)
    if encoding == "quoted-printable":
        return binascii.a2b_qp(data)
    if encoding in _UU:
        return uudecoded(data)
    return data
