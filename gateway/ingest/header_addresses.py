"""Addresses in headers: a forgiving list for display, and the one strict identity (INTERFACES.md §5)."""

import re
from collections.abc import Iterator, Sequence

from core.message import Address
from core.people.addresses import canonical_email
from gateway.ingest.charsets import decode, one_line
from gateway.ingest.header_words import decode_words

MAX_ADDRESSES = 1_000
_MAX_TOKENS = 20_000
_MAX_FROM = 4_000
_MAX_EMAIL = 320
_MAX_TORN = 10_000

# Each alternative also takes an unclosed form up to the end, so that nothing is scanned twice.
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*"?|[(),;:]|<[^<>]*+>?|[^"(<,;:)]++', re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
# The addr-spec in a run of words; its local part may be quoted and then hold anything.
# It begins where a word begins: else each letter of a long word would be tried as a beginning.
_ADDR_SPEC = re.compile(
    r'("(?:[^"\\]++|\\.)*"|(?<![^\s"<>(),;:@])[^\s"<>(),;:@]++)\s*+@\s*+([^\s"<>(),;:@]++)'
)
_LOOSE = re.compile(r"[^\s\"'<>()\[\],;:@]{1,100}@[^\s\"'<>()\[\],;:@]{1,255}")

# A display name of atoms and quoted strings, one addr-spec, perhaps a comment after it.
_MAILBOX = re.compile(
    r'((?:"(?:[^"\\]++|\\.)*"|[^"<>()@,:;\\\[\]]++)*)<([^<>"()\s]*+)>[ \t]*+(?:\([^()\\]*+\)[ \t]*+)?'
)
_BARE = re.compile(r"([^<>\"()\s,:;]++)[ \t]*+(?:\(([^()\\]*+)\)[ \t]*+)?")


def parse_addresses(value: bytes, fallback: str = "") -> list[Address]:
    """What looks like addresses in `value`, at most a thousand, for display and for finding ourselves.

    What is no list of addresses is looked at twice more: with its encoded words decoded, as where
    a program encoded the whole header, and for anything around an @, as behind an unclosed quote.
    """
    text = one_line(decode(value, "", fallback))
    found = list(_listed(text))
    if not found and b"=?" in value and len(value) <= _MAX_FROM:
        found = list(_listed(decode_words(value, fallback)))
    if not found and "@" in text:
        loose = _LOOSE.findall(text[:_MAX_TORN])
        found = [Address(email=each[:_MAX_EMAIL]) for each in loose[:MAX_ADDRESSES]]
    return found


def _listed(text: str) -> Iterator[Address]:
    words: list[str] = []
    comment: list[str] = []
    email, depth, count = "", 0, 0
    for number, match in enumerate(_TOKEN.finditer(text + ",")):
        token = match.group()
        if number >= _MAX_TOKENS or count >= MAX_ADDRESSES:
            return
        if token in "()":
            depth = max(0, depth + (1 if token == "(" else -1))
        elif depth:
            comment.append(token)
        elif token in ",;":
            if address := _address("".join(words), "".join(comment), email):
                count += 1
                yield address
            words, comment, email = [], [], ""
        elif token == ":":
            words = []  # the name of a group, or `mailto:`
        elif token[0] == "<":
            email = token.strip("<>").strip() or email
        else:
            words.append(token)


def _address(words: str, comment: str, email: str) -> Address | None:
    if email and "@" in email:
        name, email = words, _inner(email)
    elif match := _ADDR_SPEC.search(words) or _ADDR_SPEC.search(_phrase(words)):
        name, email = comment, _trimmed(match)
    else:
        return None
    return Address(name=_shown(_phrase(name)), email=email[:_MAX_EMAIL])


def _inner(email: str) -> str:
    """The addr-spec between angle brackets, without a route (RFC 5322 §4.4) or `mailto:`."""
    if email.startswith("@") and ":" in email:
        email = email.rpartition(":")[2]
    if email[:7].lower() == "mailto:":
        email = email[7:]
    match = _ADDR_SPEC.fullmatch(email)
    return _trimmed(match) if match else " ".join(email.split()).strip("'")


def _trimmed(match: re.Match[str]) -> str:
    local, domain = match.groups()
    return f"{local.lstrip(chr(39))}@{domain.rstrip(chr(39))}"


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
