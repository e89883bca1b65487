"""Header blocks under caps: cut from the raw bytes and split into fields, never interpreted twice."""

import re
from dataclasses import dataclass, field

MAX_HEADER_BYTES = 256 * 1024
MAX_HEADERS = 1_000
_MAX_VALUE = 64 * 1024
_MAX_JUNK_LINES = 3

_END = re.compile(rb"\n\r?\n")
# RFC 5322 §2.2: printable ASCII but the colon, then everything up to a line that is not folded.
_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*+:([^\n]*+(?:\n[ \t][^\n]*+)*+)\n?")
_FROM = re.compile(rb"\nfrom[ \t]*:", re.IGNORECASE)


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
    if junk and at < cut:
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
            junk += 1
            if values or junk > _MAX_JUNK_LINES:
                break
            # A "From " line of a mailbox file, a byte order mark, a server's stray line.
            at = raw.find(b"\n", at, end) + 1 or end
            continue
        values.setdefault(match.group(1).decode("ascii").lower(), []).append(match.group(2))
        budget.headers -= 1
        at = match.end()
    return values, at, junk
