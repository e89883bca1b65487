"""The line above a quotation that says when and by whom it was written."""

import re
from collections.abc import Sequence

from gateway.ingest.reply_lines import ADDRESS, MAX_LINE, Mark, bare
from gateway.ingest.reply_marks import HALF_OPENING, OPENING, VERB

_LINES = 5
_BRACKETED = re.compile(
    r"[<(\[][^\s<>()]{1,100}@[^\s<>()]{1,200}(?:[>)\]]|$)|^[^\s<>()@]{1,100}@[^\s<>()@]{1,200}[\s,]"
)
_TIME = re.compile(
    r"[0-9]{1,2}[:hH.][0-9]{2}(?![0-9]{2})|[0-9]{1,2}[ ]?[ap]\.?m\b|[0-9]{1,2}時", re.IGNORECASE
)
_FULL_DATE = re.compile(
    r"[0-9]{1,2}[./-][0-9]{1,2}[./-](?:[0-9]{4}|[0-9]{2})\b|\b(?:19|20)[0-9]{2}[./-][0-9]{1,2}[./-][0-9]{1,2}"
    r"|\b[0-9]{1,2}[\w.ºª]{0,3}[ ](?:de[ ])?[^\W\d]{3,12}\.?,?[ ](?:de[ ])?(?:[0-9]{4}|[0-9]{2}\b)"
    r"|\b[^\W\d]{3,12}\.?[ ][0-9]{1,2}(?:st|nd|rd|th)?,?[ ](?:19|20)[0-9]{2}|[0-9]{4}[ ]?[年년.]",
    re.IGNORECASE,
)
_OLD_GMAIL = re.compile(r"[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}[ ].{0,90}<[^\s<>]{1,90}@[^\s<>]{1,90}>:?")
_ENDS = (":", "：")


def attribution_at(lines: Sequence[str], at: int, text: str) -> Mark | None:
    """`Em seg., 7 de set. de 2026 às 09:00, Fulano <…> escreveu:`, on up to five lines that end at `at`.

    Without date and time, or an address, what merely sounds like one is prose, unless `>` follows.
    """
    if not text.endswith(_ENDS):
        return _run_on(text, at)
    is_quoted = _is_quoted_below(lines, at)
    depth = lines[at].lstrip()[:1] == ">"
    joined = ""
    found: Mark | None = None
    for start in range(at, max(-1, at - _LINES), -1):
        line = bare(lines[start])
        if not line or (line[0] == ">") != depth:
            break
        joined = f"{line} {joined}"[:MAX_LINE]
        if _opens(line) and _tells(joined, is_quoted=is_quoted):
            return Mark(_begun_above(lines, start, line), at + 1)
        # A name that wraps leaves `<f@x.example> escreveu:` on a line of its own.
        if found is None and start >= at - 1 and _names(joined, is_quoted=is_quoted):
            found = Mark(start, at + 1)
            if line[0] == "<" and start > 0 and bare(lines[start - 1]):
                found = None
    return found


def _begun_above(lines: Sequence[str], start: int, line: str) -> int:
    """The line above where `line` is only the rest of it: `On Nov 22, 2026,` over `at 10:00, X wrote:`."""
    if start == 0 or not HALF_OPENING.match(line):
        return start
    above = bare(lines[start - 1])
    return start - 1 if _opens(above) and above[-1] not in ".!?:;" and _FULL_DATE.search(above) else start


def _opens(line: str) -> bool:
    opening = OPENING.match(line)
    return opening is not None and any(each.isdigit() for each in line[:120])


def _tells(joined: str, *, is_quoted: bool) -> bool:
    if VERB.search(joined):
        return is_quoted or _bracketed(joined) or _is_dated(joined)
    if not ADDRESS.search(joined):
        return False
    return is_quoted or (_bracketed(joined) and _FULL_DATE.search(joined) is not None)


def _is_dated(joined: str) -> bool:
    """A full date, and with it the hour or an address: a date alone is what people write of."""
    if not _FULL_DATE.search(joined):
        return False
    return _TIME.search(joined) is not None or ADDRESS.search(joined) is not None


def _names(joined: str, *, is_quoted: bool) -> bool:
    """Name and verb with nothing before them, or a date after them: `Fulano <…> escreveu no dia …:`."""
    verb = VERB.search(joined)
    if verb is None:
        return is_quoted and _bracketed(joined)
    rest = joined[verb.end() :].strip(" :：")
    if rest and not any(each.isdigit() for each in rest) and not ADDRESS.search(rest):
        return False
    has_when = _FULL_DATE.search(rest) is not None and _TIME.search(rest) is not None
    return _bracketed(joined) or has_when or (is_quoted and len(joined) < 120)


def _bracketed(text: str) -> bool:
    return _BRACKETED.search(text) is not None


def _run_on(text: str, at: int) -> Mark | None:
    """An attribution with the quoted text on its own line, as flattened HTML has it."""
    if "@" not in text or not _opens(text):
        return None
    verb = VERB.search(text)
    if verb is None or text[verb.end() : verb.end() + 2].strip()[:1] not in _ENDS:
        return None
    before = text[: verb.end()]
    return Mark(at, at + 1) if _FULL_DATE.search(before) and _bracketed(before) else None


def _is_quoted_below(lines: Sequence[str], at: int) -> bool:
    for line in lines[at + 1 : at + 4]:
        if stripped := line.strip():
            return stripped[0] == ">"
    return False


def undecorated_at(lines: Sequence[str], at: int) -> Mark | None:
    """`2013/11/1 Fulano <f@x.example>` with nothing more, maybe on two lines."""
    text = bare(lines[at])
    if _OLD_GMAIL.fullmatch(text):
        return Mark(at, at + 1)
    if at + 1 < len(lines) and _OLD_GMAIL.fullmatch(f"{text} {bare(lines[at + 1])}"):
        return Mark(at, at + 2)
    return None
