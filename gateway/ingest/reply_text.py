"""What somebody wrote himself: the text without the mail he answers, without device and signature lines.

Linear in the text's length: lines are looked at one by one, and only starts, ends and short
expressions are compared. Prose that merely looks like a quotation stays; the full text is kept
beside the cut one by whoever calls.
"""

import re
from collections.abc import Sequence

MAX_LINES = 5_000
_MAX_LINE = 400
_ATTRIBUTION_LINES = 4

# No line begins like this and none ends like an attribution: nothing to cut, no line need be looked
# at. The pattern begins with a plain character, so that it skips from line to line.
_HINT = re.compile(
    r"\n[ \t]*+(?:[>*_]|--|de[ \t]*:|from[ \t]*:|von[ \t]*:|envi|obte|sent |get o|begin |in[ií]cio d)",
    re.IGNORECASE,
)
_SEPARATOR = re.compile(
    r"[-_* ]{2,}[ ]?(?:mensagem original|mensagem encaminhada|original message|forwarded message|original appointment"
    r"|mensaje original|mensaje reenviado|message d'origine|message transf[eé]r[eé]|urspr[uü]ngliche nachricht"
    r"|weitergeleitete nachricht)[ ]?[-_* ]{2,}|(?:in[ií]cio da mensagem encaminhada|begin forwarded message):|_{20,}",
    re.IGNORECASE,
)
_STARTS = ("em ", "no dia ", "on ", "le ", "el ", "am ", "a ", "às ")
_ENDS = ("escreveu:", "wrote:", "escribió:", "escribio:", "a écrit :", "a écrit:", "schrieb:")
_DATED = re.compile(r"[0-9]{1,2}[/.:-][0-9]{1,2}|[0-9]{4}|@", re.ASCII)
_FIRST_FIELD = re.compile(r"[*\s]{0,4}(?:de|from|von)[ \t]?:\**[ \t]?\S", re.IGNORECASE)
_FIELD = re.compile(
    r"[*\s]{0,4}(?:enviada em|enviado em|enviado|enviada|data|date|sent|para|to|cc|cco|assunto|subject|gesendet|an"
    r"|betreff|fecha|asunto)[ \t]?:",
    re.IGNORECASE,
)
_DEVICE = re.compile(
    r"(?:enviad[oa] (?:d[oae]|pel[oa]|via) (?:meu |minha |o |a )?(?:iphone|ipad|galaxy|smartphone|celular|samsung"
    r"|outlook|e-?mail para (?:o )?windows|yahoo mail|android|dispositivo|telefone|xiaomi|motorola"
    r"|correio para (?:o )?windows)|obt(?:er|enha) o outlook (?:para|for) (?:android|ios)"
    r"|sent from (?:my |the )?(?:iphone|ipad|galaxy|samsung|android|outlook|mail for windows|yahoo mail)"
    r"|get outlook for (?:android|ios))",
    re.IGNORECASE,
)
_BANNER = re.compile(r"\[?(?:external|externo)\]?[ :*-]{0,4}(?:caution|cuidado|aten[cç][aã]o|warning)", re.IGNORECASE)


def reply_text(text: str) -> str:
    """The new part of `text`; the whole of it where nothing new would remain, or answers stand between."""
    whole = text.strip()
    if not _may_be_cut(whole):
        return whole
    lines = whole.split("\n")
    head = lines[:MAX_LINES]
    cut = _quotation(head)
    if cut is not None and _is_interleaved(lines, cut):
        return whole
    kept = _without_footer(lines if cut is None else head[:cut])
    if kept and _BANNER.match(kept[0].strip()):
        kept = kept[1:]
    return "\n".join(kept).strip() or whole


def _may_be_cut(text: str) -> bool:
    if _HINT.search("\n" + text) or _BANNER.match(text):
        return True
    if ":\n" not in text and ": \n" not in text:
        return False
    lowered = text.lower()
    return any(end in lowered for end in _ENDS)


def _quotation(lines: Sequence[str]) -> int | None:
    """The line the quoted mail begins at."""
    last_own = max((n for n, line in enumerate(lines) if line.lstrip()[:1] not in ("", ">")), default=-1)
    for at, line in enumerate(lines):
        stripped = line.strip()[:_MAX_LINE]
        if not stripped:
            continue
        if stripped[0] in "-_* Iib" and _SEPARATOR.fullmatch(stripped):
            return at
        if stripped[0] in "DFVdfv*" and _FIRST_FIELD.match(stripped) and _has_neighbours(lines, at):
            return at
        if stripped.lower().startswith(_STARTS) and _is_attribution(lines, at):
            return at
        if stripped[0] == ">" and at > last_own:
            return at
    return None


def _has_neighbours(lines: Sequence[str], at: int) -> bool:
    """Two more header lines close by: `De: 10/09 a 15/09` alone is prose."""
    following = [each[:80] for each in lines[at + 1 : at + 9] if each.strip()][:5]
    return sum(1 for each in following if _FIELD.match(each)) >= 2


def _is_attribution(lines: Sequence[str], at: int) -> bool:
    """`Em seg., 7 de set. de 2026, Fulano <…> escreveu:`, on up to four lines, with a date or an address."""
    joined = ""
    for line in lines[at : at + _ATTRIBUTION_LINES]:
        if not line.strip():
            return False
        joined = f"{joined} {line.strip()[:_MAX_LINE]}"
        if joined.lower().endswith(_ENDS):
            return _DATED.search(joined) is not None
    return False


def _is_interleaved(lines: Sequence[str], cut: int) -> bool:
    """Whether somebody wrote between or below what he quotes with `>`."""
    quoted = False
    for line in lines[cut:]:
        if line.lstrip()[:1] == ">":
            quoted = True
        elif quoted and line.strip():
            rest = line.strip()
            return rest not in ("--", "-- ") and not _DEVICE.match(rest[:_MAX_LINE])
    return False


def _without_footer(lines: Sequence[str]) -> list[str]:
    kept = list(lines)
    for at, line in enumerate(kept):
        # RFC 3676 §4.3: two hyphens and a space, alone on their line, begin a signature.
        if line.rstrip("\r") in ("-- ", "--") and at > 0:
            kept = kept[:at]
            break
    while kept and (not kept[-1].strip() or _DEVICE.match(kept[-1].strip()[:_MAX_LINE])):
        kept.pop()
    return kept
