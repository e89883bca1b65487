"""Header blocks of outgoing mail: our own bounded builder, read back by a second parser.

The standard library folds an encoded line end back into a header (CVE-2024-6923, SECURITY.md M10),
so nothing here goes through `email.policy`; compat32 reads what we wrote (I12).
"""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from email import message_from_bytes
from email.header import decode_header, make_header
from email.utils import parseaddr

from core.people.addresses import canonical_email
from gateway.channels.failure import SendFailed

MAX_TEXT = 500
MAX_NAME = 100
# Controls, line ends of other alphabets, and what turns the direction of writing around (P17).
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_PLAIN = re.compile(r"[\x20-\x7e]{0,60}")
_MESSAGE_ID = re.compile(r"[\x21-\x3b\x3d\x3f-\x7e]{1,255}")


@dataclass(frozen=True, slots=True)
class Field:
    """A header: what its reader shall understand, and how it is written."""

    name: str
    meaning: str
    wire: str


def block(fields: Sequence[Field]) -> bytes:
    """The header block with its empty line; `SendFailed(permanent)` when it does not read as meant."""
    written = "".join(f"{field.name}: {field.wire}\r\n" for field in fields).encode("ascii") + b"\r\n"
    read = message_from_bytes(written)
    understood = [(name, _understood(name, value)) for name, value in read.items()]
    if understood != [(field.name, field.meaning) for field in fields]:
        raise SendFailed("the mail does not read as it was meant", permanent=True)
    return written


def _understood(name: str, value: str) -> str:
    unfolded = value.replace("\r\n", "").replace("\n", "")
    if name in ("From", "To", "Reply-To"):
        shown, address = parseaddr(unfolded)
        shown = str(make_header(decode_header(shown)))
        return f"{shown} <{address}>" if shown else address
    return str(make_header(decode_header(unfolded))) if name == "Subject" else unfolded


def word(name: str, text: str) -> Field:
    """A header of our own making, ASCII and short."""
    return Field(name, text, text)


def text(name: str, said: str) -> Field:
    """A header in free text, which may be a stranger's."""
    meaning = cleaned(said, MAX_TEXT)
    return Field(name, meaning, _encoded(meaning))


def _encoded(text: str) -> str:
    # Whoever writes "=?" means those characters: encoded, they are no instruction to a reader.
    return text if _PLAIN.fullmatch(text) and "=?" not in text else _words(text)


def _words(text: str) -> str:
    """RFC 2047 encoded words of at most 75 characters that cut no character in two."""
    words, chunk = [], ""
    for character in text:
        if len((chunk + character).encode()) > 45:
            words.append(chunk)
            chunk = ""
        chunk += character
    words.append(chunk)
    return "\r\n ".join(f"=?utf-8?b?{base64.b64encode(word.encode()).decode()}?=" for word in words)


def mailbox(name: str, shown: str, address: str) -> Field:
    """One mailbox; `SendFailed(permanent)` where the address is none (O10)."""
    if canonical_email(address) is None or not address.isascii():
        raise SendFailed("the address is not valid", permanent=True)
    shown = cleaned(shown, MAX_NAME)
    if not shown:
        return Field(name, address, address)
    if re.fullmatch(r"[A-Za-z0-9 ]{1,60}", shown):
        return Field(name, f"{shown} <{address}>", f"{shown} <{address}>")
    return Field(name, f"{shown} <{address}>", f"{_words(shown)}\r\n <{address}>")


def ids(name: str, message_ids: Sequence[str]) -> Field | None:
    """Message-IDs; strangers chose some, and what is none threads nothing and is left out."""
    written = [f"<{each}>" for each in message_ids if _MESSAGE_ID.fullmatch(each)]
    if not written:
        return None
    return Field(name, " ".join(written), "\r\n ".join(written))


def cleaned(text: str, limit: int) -> str:
    """`text` on one line without control characters, at most `limit` characters."""
    return " ".join(_CONTROL.sub(" ", text).split())[:limit].rstrip()
