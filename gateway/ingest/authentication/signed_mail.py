"""A mail as signers see it: its header fields in order, byte by byte, and its body."""

import re
from dataclasses import dataclass

MAX_HEADER_BYTES = 256 * 1024
MAX_FIELDS = 1_000

# RFC 5322 §2.2, with no space before the colon: what we read differently than a signer proves nothing.
_LINE = rb"[^\r\n]*+(?:\r(?!\n)[^\r\n]*+)*\r\n"
_FIELD = re.compile(rb"([!-9;-~]+):(" + _LINE + rb"(?:[ \t]" + _LINE + rb")*)")


@dataclass(frozen=True, slots=True)
class Field:
    """A header field: its name as written, and its value up to and with the last line end."""

    name: bytes
    value: bytes

    @property
    def key(self) -> bytes:
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class SignedMail:
    """Fields from the top, and the body with CRLF at every line's end."""

    fields: tuple[Field, ...]
    body: bytes

    def all(self, name: bytes) -> list[Field]:
        """The fields called `name` (in lower case), from the top."""
        return [each for each in self.fields if each.key == name]


def split_mail(raw: bytes) -> SignedMail | None:
    """The fields and the body; None where the header is not wholly fields, or beyond all measure."""
    if raw.count(b"\n") != raw.count(b"\r\n"):
        raw = raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    end = raw.find(b"\r\n\r\n", 0, MAX_HEADER_BYTES)
    if end < 0:
        # Perhaps a mail without a body.
        if len(raw) > MAX_HEADER_BYTES or not raw.endswith(b"\r\n"):
            return None
        end = len(raw) - 2
    fields: list[Field] = []
    at = 0
    while at < end + 2:
        match = _FIELD.match(raw, at, end + 2)
        if match is None or len(fields) >= MAX_FIELDS:
            return None
        fields.append(Field(match.group(1), match.group(2)))
        at = match.end()
    return SignedMail(tuple(fields), raw[end + 4 :])
