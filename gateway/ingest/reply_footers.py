"""Lines below and above what somebody wrote: signatures, device footers, banners of mail servers."""

import re
from collections.abc import Sequence
from itertools import islice

from gateway.ingest.reply_footer_marks import (
    ADVICE,
    BANNER,
    BANNER_TAG,
    BANNER_THIS,
    DEVICE,
    DEVICE_STARTS,
    FROM_OUTSIDE,
    MAIL,
    NOTICE,
    OUTSIDE,
    SENTENCE,
)

_MAX_LINE = 200
_SIGNATURE_LINES = 20
_BANNER_LINES = 6
_SENTENCE_WORDS = 6
_DASHES = ("--", "—", "––", "__", "- --")
_RULES = "-_=*~–—"
_RULE = re.compile(r"[-_=*~–—\s]{3,}")


def is_device_line(line: str) -> bool:
    """Whether a program put the line below the text: `Enviado do meu iPhone`."""
    bare = line[: _MAX_LINE * 2].strip(" \t\xa0\u200b*_[(")
    if not 8 <= len(bare) <= _MAX_LINE or bare[:2].lower() not in DEVICE_STARTS:
        return False
    return DEVICE.match(bare) is not None and SENTENCE.search(bare) is None


def without_footers(lines: Sequence[str]) -> list[str]:
    """The lines above signature, device line and closing rules; none where nothing else is."""
    kept = list(lines)
    for at, line in enumerate(kept):
        # RFC 3676 §4.3: two hyphens and a space, alone on their line, begin a signature.
        if len(line) < 9 and line.strip() in _DASHES and _is_signature(kept, at):
            kept = kept[:at]
            break
    while kept and _is_nothing(kept[-1]):
        kept.pop()
    return kept


def without_banner(lines: Sequence[str]) -> list[str]:
    """The lines below a mail server's warning about mail from outside."""
    kept = list(lines)
    if not kept or not BANNER.match(kept[0].strip()[:_MAX_LINE]) or not _is_warning(kept[:3]):
        return kept
    at = 1
    while at < min(len(kept), _BANNER_LINES) and kept[at].strip() and _is_advice(kept[at]):
        at += 1
    while at < len(kept) and _is_nothing(kept[at]):
        at += 1
    return kept[at:]


def _is_signature(lines: Sequence[str], at: int) -> bool:
    """A signature is short; what goes on for long below dashes is text, and so is a sentence below bare ones."""
    below = (lines[each].strip() for each in range(at + 1, len(lines)))
    # No further than it takes: others may stand below, each with all the rest below it.
    said = list(islice(filter(None, below), _SIGNATURE_LINES + 1))
    if len(said) > _SIGNATURE_LINES:
        return False
    return lines[at] == "-- " or not any(_is_sentence(each) for each in said)


def _is_sentence(line: str) -> bool:
    return (
        line[-1:] in (".", "?", "!")
        and line.count(" ") >= _SENTENCE_WORDS
        and not NOTICE.search(line[: _MAX_LINE * 2])
    )


def _is_nothing(line: str) -> bool:
    bare = line.strip(" \t\xa0\u200b\ufeff")
    if not bare:
        return True
    if bare[0] in _RULES:
        return (len(bare) < _MAX_LINE and _RULE.fullmatch(bare) is not None) or is_device_line(bare)
    return is_device_line(bare)


def _is_warning(lines: Sequence[str]) -> bool:
    """That mail comes from outside; `Atenção: o módulo externo parou` is a person's own."""
    text = " ".join(each[:400] for each in lines)
    if BANNER_THIS.match(text.strip()):
        return bool(FROM_OUTSIDE.search(text) and ADVICE.search(text))
    is_told = MAIL.search(text) or (ADVICE.search(text) and BANNER_TAG.match(text.strip()))
    return bool(OUTSIDE.search(text) and is_told)


def _is_advice(line: str) -> bool:
    return bool(ADVICE.search(line[:400]) or OUTSIDE.search(line[:400]))
