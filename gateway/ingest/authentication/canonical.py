"""The forms that signatures are made over (RFC 6376 §3.4), in time linear in the mail's size."""

import re
from collections.abc import Iterator

from gateway.ingest.authentication.signed_mail import Field

_RUN = re.compile(rb"[ \t]{2,}+|\t")
_BARE_CR = re.compile(rb"\r(?!\n)")
_B_TAG = re.compile(rb"((?:^|;)[ \t\r\n]*+b[ \t\r\n]*+=)[^;]*+")
_PIECE = 64 * 1024
_EMPTY_LINES = b"\r\n" * 1_024


def field_bytes(field: Field, *, relaxed: bool) -> bytes:
    """A header field with its line end."""
    if not relaxed:
        return field.name + b":" + field.value
    value = _RUN.sub(b" ", field.value.replace(b"\r\n", b"")).strip(b" \t")
    return field.key + b":" + value + b"\r\n"


def signature_bytes(field: Field, *, relaxed: bool) -> bytes:
    """The signature's own field: without the value of `b=`, and without its line end (RFC 6376 §3.7)."""
    emptied = Field(field.name, _B_TAG.sub(rb"\1", field.value, count=1))
    return field_bytes(emptied, relaxed=relaxed).removesuffix(b"\r\n")


def body_pieces(body: bytes, *, relaxed: bool) -> Iterator[bytes]:
    """The body without its last empty lines, in pieces that leave others their turn."""
    end = _relaxed_end(body) if relaxed else _simple_end(body)
    if not end:
        if not relaxed:
            yield b"\r\n"
        return
    at = 0
    while at < end:
        cut = body.find(b"\n", at + _PIECE, end) + 1 or end
        piece = body[at:cut]
        yield _RUN.sub(b" ", piece).replace(b" \r\n", b"\r\n") if relaxed else piece
        at = cut
    yield b"\r\n"


def _simple_end(body: bytes) -> int:
    end = len(body)
    for lines in (_EMPTY_LINES, b"\r\n"):
        while body.endswith(lines, 0, end):
            end -= len(lines)
    return end


def _relaxed_end(body: bytes) -> int:
    """Where the last line with something on it ends, its trailing white space left out."""
    end = len(body.rstrip(b" \t\r\n"))
    # A carriage return alone is no white space (RFC 6376 §2.8).
    for match in _BARE_CR.finditer(body, end):
        end = match.end()
    return end
