"""Addresses in headers: a forgiving list for display, and the one strict identity (INTERFACES.md §5)."""

import re
from collections.abc import Sequence

from core.message import Address
from core.people.addresses import canonical_email
from gateway.ingest.charsets import decode
from gateway.ingest.header_words import decode_words

MAX_ADDRESSES = 1_000
_MAX_TOKENS = 20_000
_MAX_FROM = 4_000
_MAX_EMAIL = 320

# Each alternative also takes an unclosed form up to the end, so that nothing is scanned twice.
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"?|\([^()]*+\)?|<[^<>]*+>?|[,;:]|[^"(<,;:]++', re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)

# A display name of atoms and quoted strings, one addr-spec, perhaps a comment after it.
_MAILBOX = re.compile(
    r'((?:"(?:[^"\\]|\\.)*+"|[^"<>()@,:;\\\[\]])*+)<([^<>"()\s]*+)>[ \t]*+(?:\([^()\\]*+\)[ \t]*+)?'
)
_BARE = re.compile(r"([^<>\"()\s,:;]++)[ \t]*+(?:\(([^()\\]*+)\)[ \t]*+)?")


def parse_addresses(value: bytes, fallback: str = "") -> list[Address]:
    """What looks like addresses in `value`, at most a thousand, for display and for finding ourselves."""
    found: list[Address] = []
    words: list[str] = []
    comment = email = ""
    for number, match in enumerate(_TOKEN.finditer(decode(value, "", fallback) + ",")):
        token = match.group()
        if token in ",;":
            _add(found, words, comment, email)
            words, comment, email = [], "", ""
            if len(found) >= MAX_ADDRESSES or number >= _MAX_TOKENS:
                break
        elif token == ":":
            words = []  # the name of a group
        elif token[0] == "<":
            email = token.strip("<>")
        elif token[0] == "(":
            comment = token.strip("()")
        else:
            words.append(token)
    return found


def _add(found: list[Address], words: list[str], comment: str, email: str) -> None:
    name = _phrase("".join(words))
    if not email and "@" in name and words:
        name, email = comment, "".join(words)
    email = "".join(email.split())
    if "@" in email:
        found.append(Address(name=_shown(name), email=email[:_MAX_EMAIL]))


def identity_of(from_values: Sequence[bytes]) -> Address | None:
    """The sender a message claims: exactly one From with exactly one strict addr-spec, else nobody.

    Two addresses, an address outside the angle brackets, an unclosed quote: a mail that two
    readers would read differently identifies nobody (SECURITY.md P06, P07, M12).
    """
    if len(from_values) != 1 or len(from_values[0]) > _MAX_FROM:
        return None
    value = from_values[0]
    text = decode(value).strip(" \t")
    if match := _MAILBOX.fullmatch(text):
        name, address = _phrase(match.group(1)), match.group(2)
    elif match := _BARE.fullmatch(text):
        name, address = match.group(2) or "", match.group(1)
    else:
        return None
    email = canonical_email(address)
    return Address(name=_shown(name), email=email) if email else None


def _phrase(text: str) -> str:
    text = text.strip()
    if '"' not in text:
        return text
    return _ESCAPE.sub(r"\1", text.replace('\\"', "\x00")).replace('"', "").replace("\x00", '"').strip()


def _shown(name: str) -> str:
    """The name decoded last of all: what it contains by then is text and no address."""
    return decode_words(name.encode("utf-8", "replace"))[:200]
