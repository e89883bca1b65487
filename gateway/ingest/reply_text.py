"""What somebody wrote himself: the text without the mail he answers, without device and signature lines.

Linear in the text's length: lines are looked at one by one, each with the few around it, and only
starts, ends and short expressions are compared. Prose that merely looks like a quotation stays;
the full text is kept beside the cut one by whoever calls.
"""

import re
from collections.abc import Sequence

from gateway.ingest.reply_footers import is_device_line, without_banner, without_footers
from gateway.ingest.reply_heads import mark_at
from gateway.ingest.reply_lines import Mark
from gateway.ingest.reply_marks import FROM_WORDS

MAX_LINES = 5_000

# No line begins or ends like this: nothing is quoted, no line need be looked at. The patterns begin
# with a plain character, so that they skip from line to line.
_HINT = re.compile(r"\n[ \t\xa0*\[(]*+(?:[>_=—–#]|--|- --|[12][0-9]{3}[-/])")
# A colon behind the word for a sender, a line's last one, and one behind an address.
_COLONS = (
    re.compile(rf"\n[ \t\xa0*\[(]*+(?:{FROM_WORDS})[ \t\xa0*]*+:", re.IGNORECASE),
    re.compile(r":[ \t\xa0*]*+(?:\n|$)"),
    re.compile(r">,?[ ][^\W\d]{1,20}(?:[ ][^\W\d]{1,20})?:"),
)
_FIRST_LINE = re.compile(
    r"[\s*\[<(#!⚠️-]{0,8}(?:ext|e-?mail|caut|cuid|aten|warn|aviso|alerta|import|this|est[ea]|acht|att|prec|you|some|voc"
    r"|n[ãa]o|no )",
    re.IGNORECASE,
)
# What the telling line of a mark begins with where it has no colon.
_BEGINNINGS = frozenset("->_=*—–#0123456789")


def reply_text(text: str) -> str:
    """The new part of `text`; the whole of it where nothing new would remain, or answers stand between."""
    whole = text.strip()
    if not _may_be_cut(whole):
        return whole
    lines = whole.split("\n")
    own = _own(lines)
    return "\n".join(without_banner(without_footers(own))).strip() or whole


def _may_be_cut(text: str) -> bool:
    from_line_end = "\n" + text
    return (
        _HINT.search(from_line_end) is not None
        or "：" in text
        or (":" in text and any(each.search(from_line_end) for each in _COLONS))
        or is_device_line(text[text.rfind("\n") + 1 :])
        or _FIRST_LINE.match(text) is not None
    )


def _own(lines: Sequence[str]) -> Sequence[str]:
    """The lines that are not quoted; all of them where answers stand between."""
    mark = _first_mark(lines[:MAX_LINES])
    if mark is None:
        return lines
    below = _below(lines, mark.end)
    if below is None:
        return lines
    above = without_footers(lines[: mark.start])
    return [*above, "", *below] if above and below else [*above, *below]


def _first_mark(lines: Sequence[str]) -> Mark | None:
    last_own = next(
        (at for at in range(len(lines) - 1, -1, -1) if lines[at].lstrip()[:1] not in ("", ">")), -1
    )
    for at, line in enumerate(lines):
        if ":" not in line and "：" not in line and line.lstrip()[:1] not in _BEGINNINGS:
            continue
        if (found := mark_at(lines, at)) is not None:
            return found
        if at > last_own and line.lstrip()[:1] == ">":
            return Mark(at, at)
    return None


def _below(lines: Sequence[str], end: int) -> Sequence[str] | None:
    """What was written below the quoted lines, empty for none; None where it stands between them.

    Only `>` tells where a quotation ends: without it all below is quoted.
    """
    first = next((at for at in range(end, len(lines)) if lines[at].strip()), None)
    if first is None or lines[first].lstrip()[0] != ">":
        return ()
    after = next(
        (at for at in range(first, len(lines)) if lines[at].strip() and lines[at].lstrip()[0] != ">"), None
    )
    if after is None:
        return ()
    if any(line.lstrip()[:1] == ">" for line in lines[after:]):
        return None
    return without_footers(lines[after:])
