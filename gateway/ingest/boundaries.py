"""Where the parts of a multipart begin and end: delimiter lines found in raw bytes (RFC 2046 §5.1.1)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from gateway.ingest.header_block import Budget

_MAX_BOUNDARY = 200
_MAX_FALSE_BOUNDARIES = 10_000
_GUESSED_WITHIN = 64 * 1024
_GUESS = re.compile(rb"^--([!-~][ -~]{5,69})\r?\n(?=[A-Za-z-]{4,40}:|\r?\n)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Spans:
    """The parts in order, and where the text after the closing delimiter begins; -1 for none."""

    parts: list[tuple[int, int]]
    epilogue_at: int = -1


def spans_of(raw: bytes, start: int, end: int, named: str, budget: Budget) -> Spans:
    """The parts between the delimiter lines; of a boundary that is missing or wrong the one that stands there."""
    boundary = named.encode("latin-1", "replace")[:_MAX_BOUNDARY].rstrip()
    found = _spans(raw, start, end, boundary, budget) if boundary else Spans([])
    if found.parts:
        return found
    guess = _GUESS.search(raw, start, min(end, start + _GUESSED_WITHIN))
    if guess is None or guess.group(1) == boundary or raw.find(b"\n--" + guess.group(1), guess.end(), end) < 0:
        return found
    budget.flag("malformed-multipart")
    return _spans(raw, start, end, guess.group(1), budget)


def _spans(raw: bytes, start: int, end: int, boundary: bytes, budget: Budget) -> Spans:
    parts: list[tuple[int, int]] = []
    begun: int | None = None
    epilogue_at = -1
    for at, after, is_last in _delimiters(raw, start, end, b"--" + boundary, budget):
        if begun is not None:
            if budget.parts <= 0:
                budget.flag("too-many-parts")
                return Spans(parts)
            budget.parts -= 1
            parts.append((begun, max(begun, at)))
        elif parts and not is_last:
            # Closed too early: more parts follow.
            budget.flag("malformed-multipart")
        begun = None if is_last else after
        epilogue_at = after if is_last else -1
    if begun is not None and begun < end and budget.parts > 0:
        # The closing delimiter is missing: the last part reaches to the end.
        budget.parts -= 1
        budget.flag("malformed-multipart")
        parts.append((begun, end))
    return Spans(parts, epilogue_at)


def _delimiters(
    raw: bytes, start: int, end: int, delimiter: bytes, budget: Budget
) -> Iterator[tuple[int, int, bool]]:
    """For each delimiter line: where the text before it ends, where the line ends, whether it closes."""
    false_ones = 0
    at = start if raw.startswith(delimiter, start, end) else raw.find(b"\n" + delimiter, start, end)
    while at >= 0:
        line_at = at + (raw[at] == 0x0A)
        tail_at = line_at + len(delimiter)
        line_end = raw.find(b"\n", tail_at, end)
        line_end = end if line_end < 0 else line_end
        tail = raw[tail_at : min(line_end, tail_at + 100)].rstrip()
        if tail in (b"", b"--") and line_end - tail_at < 100:
            before = at - (at > start and raw[at] == 0x0A and raw[at - 1] == 0x0D)
            yield before, min(line_end + 1, end), tail == b"--"
        elif (false_ones := false_ones + 1) > _MAX_FALSE_BOUNDARIES:
            budget.flag("too-many-parts")
            return
        at = raw.find(b"\n" + delimiter, tail_at, end)
