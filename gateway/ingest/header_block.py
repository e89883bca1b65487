"""Header blocks under caps: cut from the raw bytes and split into fields, never interpreted twice."""

import re
from dataclasses import dataclass, field, replace

MAX_HEADER_BYTES = 256 * 1024
MAX_HEADERS = 1_000
_MAX_VALUE = 64 * 1024
_MAX_JUNK_LINES = 3
_MAX_EMPTY_LINES = 10

_END = re.compile(rb"\n\r?\n")
# RFC 5322 §2.2: printable ASCII but the colon, then everything up to a line that is not folded.
_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*+:([^\n]*+(?:\n[ \t][^\n]*+)*)\n?")
_FROM = re.compile(rb"\nfrom[ \t]*:", re.IGNORECASE)
_EMPTY_START = re.compile(rb"(?:\xef\xbb\xbf)?(?:[ \t]*+\r?\n){0,%d}+" % _MAX_EMPTY_LINES)
# What a field behind a stray line must be called for the line to be passed over: in a body,
# `Prazo: hoje` is no header.
_KNOWN = re.compile(
    rb"(?:x-[a-z0-9-]{1,60}|content-[a-z-]{1,30}|received|return-path|from|to|cc|subject|date|message-id|mime-version"
    rb"|reply-to|sender|in-reply-to|references|list-[a-z-]{1,20}|dkim-signature|delivered-to|status|importance"
    rb"|errors-to|precedence|thread-[a-z]{1,10}|user-agent|authentication-results)[ \t]*+:",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Budget:
    """What one mail may still spend on structure; surplus stays in the raw bytes alone."""

    header_bytes: int = MAX_HEADER_BYTES
    headers: int = MAX_HEADERS
    parts: int = 500
    flags: list[str] = field(default_factory=list)

    def flag(self, name: str) -> None:
        if name not in self.flags:
            self.flags.append(name)


@dataclass(frozen=True, slots=True)
class Headers:
    """The fields of one block by lower-cased name, and where the body begins.

    `is_repaired` says that something in the block was no field; `hidden_froms` counts From
    fields beyond the caps.
    """

    values: dict[str, list[bytes]]
    body_at: int
    is_repaired: bool = False
    hidden_froms: int = 0

    def first(self, name: str) -> bytes:
        """The first field's value, unfolded; empty where there is none."""
        found = self.values.get(name)
        return _unfolded(found[0]) if found else b""

    def all(self, name: str) -> list[bytes]:
        return [_unfolded(value) for value in self.values.get(name, ())]

    def has(self, name: str) -> bool:
        return name in self.values


def _unfolded(value: bytes) -> bytes:
    value = value[:_MAX_VALUE]
    if b"\n" in value:
        value = value.replace(b"\r\n", b"").replace(b"\n", b"")
    return value.strip(b" \t\r")


def read_mail_headers(raw: bytes, budget: Budget) -> Headers:
    """The header block of a whole mail, which may begin behind a byte order mark and a few empty lines."""
    if (empty := _EMPTY_START.match(raw)) and empty.end() > 0 and _KNOWN.match(raw, empty.end()):
        return replace(read_headers(raw, empty.end(), len(raw), budget), is_repaired=True)
    return read_headers(raw, 0, len(raw), budget)


def read_headers(raw: bytes, start: int, end: int, budget: Budget) -> Headers:
    """The header block at `start`; what exceeds the budget is flagged and left alone."""
    if raw.startswith((b"\r\n", b"\n"), start, end):
        return Headers({}, raw.index(b"\n", start) + 1)
    empty_line = _END.search(raw, start, end)
    block_end = empty_line.start() + 1 if empty_line else end
    body_at = empty_line.end() if empty_line else end
    cut = min(block_end, start + budget.header_bytes)
    budget.header_bytes -= cut - start

    values, at, junk = _fields(raw, start, cut, budget)
    if not values and junk:
        # Not one field: it is all body.
        budget.flag("malformed-headers")
        return Headers(values, start, is_repaired=True)
    if junk and at < cut and budget.headers > 0:
        # A line that is no field after fields: the empty line is missing and the body begins here.
        budget.flag("malformed-headers")
        return Headers(values, at, is_repaired=True)
    if at < block_end:
        budget.flag("too-many-headers")
    hidden = len(_FROM.findall(raw, at - 1, block_end)) if 0 < at < block_end else 0
    return Headers(values, body_at, junk > 0, hidden)


def _fields(raw: bytes, start: int, end: int, budget: Budget) -> tuple[dict[str, list[bytes]], int, int]:
    """Fields by name, where reading stopped, and how many lines were none."""
    values: dict[str, list[bytes]] = {}
    at, junk = start, 0
    while at < end and budget.headers > 0:
        match = _FIELD.match(raw, at, end)
        if match is None:
            # A "From " line of a mailbox file, a byte order mark, a server's stray line.
            next_line = raw.find(b"\n", at, end) + 1 or end
            junk += 1
            if junk > _MAX_JUNK_LINES or (values and not _KNOWN.match(raw, next_line, end)):
                break
            at = next_line
            continue
        values.setdefault(match.group(1).decode("ascii").lower(), []).append(match.group(2))
        budget.headers -= 1
        at = match.end()
    return values, at, junk
