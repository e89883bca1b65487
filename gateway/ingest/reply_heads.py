"""Where a quoted mail begins: a separator, its head lines, or a line that names date and writer."""

import re
from collections.abc import Sequence

from gateway.ingest.reply_attributions import attribution_at, undecorated_at
from gateway.ingest.reply_lines import ADDRESS, MAX_LINE, Mark, bare
from gateway.ingest.reply_marks import (
    ABOVE_LINE,
    BARE_SEPARATOR,
    FIELD_INSIDE,
    FIELDS,
    SEPARATOR,
    VERB,
)

_MAX_NAME = 24
_HEAD_LINES = 16

_TIME = re.compile(r"[0-9]{1,2}[:hH][0-9]{2}")
_GROUPWISE = re.compile(r">>>[ ]?.{3,120}[ ]>>>")
_NOTES = re.compile(r"-{3,}.{2,120}:[ ]?-{3,}")
_UNDERLINED = re.compile(r"_{5,}|-{10,}|={10,}|\*{10,}")


def mark_at(lines: Sequence[str], at: int) -> Mark | None:
    """The mark whose first telling line is `at`; an attribution may have begun some lines above."""
    text = bare(lines[at])
    if not text:
        return None
    if text[0] in "-_=*>" and (found := _separator(lines, at)):
        return found
    if ":" in text or "：" in text:
        if found := _head(lines, at, text):
            return found
        if BARE_SEPARATOR.fullmatch(text) and (found := _following_head(lines, at, 2)):
            return Mark(at, found.end)
        if found := attribution_at(lines, at, text):
            return found
    if text[0].isdigit() and (found := undecorated_at(lines, at)):
        return found
    return Mark(at, at + 1) if ABOVE_LINE.fullmatch(text) else None


def _separator(lines: Sequence[str], at: int) -> Mark | None:
    raw = lines[at].strip()[:MAX_LINE]
    if SEPARATOR.fullmatch(raw):
        found = _following_head(lines, at, 1)
        return found or Mark(at, at + 1)
    if _GROUPWISE.fullmatch(raw) and (ADDRESS.search(raw) or any(each.isdigit() for each in raw)):
        return Mark(at, at + 1)
    if _NOTES.fullmatch(raw) and VERB.search(raw):
        return Mark(at, at + 1)
    return _following_head(lines, at, 3) if _UNDERLINED.fullmatch(raw) else None


def _following_head(lines: Sequence[str], at: int, kinds: int) -> Mark | None:
    """The head within three lines below `at`."""
    for below in range(at + 1, min(at + 4, len(lines))):
        text = bare(lines[below])
        if text:
            found = _head(lines, below, text, kinds, is_ruled=True)
            return Mark(at, found.end) if found else None
    return None


def _kind(text: str) -> str | None:
    name, colon, _ = text[: _MAX_NAME + 8].replace("：", ":").partition(":")
    return FIELDS.get(name.strip(" \t\xa0*_>").lower()) if colon and len(name) <= _MAX_NAME else None


def _head(
    lines: Sequence[str], at: int, text: str, needed: int = 3, *, is_ruled: bool = False
) -> Mark | None:
    """Head lines of a mail: who and at least two more, with an address or a time.

    `De: 10/09 a 15/09` alone is prose, and so are a move's `De:`, `Para:`, `Data:` and `Assunto:`.
    """
    first = _kind(text)
    if first is None:
        return None
    if first == "from" and text.count(":") > 2 and (found := _on_one_line(text, at)):
        return found
    kinds, is_told, end = {first}, is_ruled or _is_telling(first, text), at + 1
    wrapped = blank = 0
    for below in range(at + 1, min(at + _HEAD_LINES, len(lines))):
        line = bare(lines[below])
        kind = _kind(line) if line else None
        if kind:
            kinds.add(kind)
            is_told = is_told or _is_telling(kind, line)
            end, wrapped, blank = below + 1, 0, 0
        elif not line:
            blank += 1
            if blank > 1:
                break
        else:
            wrapped += 1
            if wrapped > 2 or blank:
                break
    return Mark(at, end) if "from" in kinds and len(kinds) >= needed and is_told else None


def _is_telling(kind: str, line: str) -> bool:
    """What forms and lists of people do not have: an address, the word for sending, a time of day."""
    return (
        kind == "sent"
        or (kind == "date" and _TIME.search(line) is not None)
        or ADDRESS.search(line) is not None
    )


def _on_one_line(text: str, at: int) -> Mark | None:
    """`De: … Enviada em: … Para: … Assunto: …`, as flattened HTML has it."""
    kinds = {FIELDS[each.lower()] for each in FIELD_INSIDE.findall(text)}
    is_head = len(kinds) >= 3 and ("subject" in kinds or ADDRESS.search(text) is not None)
    return Mark(at, at + 1) if is_head else None
