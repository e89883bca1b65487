"""Sensitive data in a text: found by form and check digits, or by words; pure, in one pass for each kind."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from core.people.documents import canonical_cnpj, canonical_cpf
from core.policy.card_numbers import cards_in
from core.profile import Sensitive, SensitiveKind

# How much of each stays to be recognised by whoever knows it; of a health word nothing.
_KEPT = {SensitiveKind.CPF: 2, SensitiveKind.CNPJ: 2, SensitiveKind.CARD: 4}
_DOT = "•"

# Between groups: any blank but a line's end, a full stop, a hyphen of any width, a slash. Never more
# than three, so that no row of them is gone through twice.
_GAP = r"[^\S\r\n]{0,1}[.\-\u2010-\u2015/\u00a0 ]{0,1}[^\S\r\n]{0,1}"
_CPF = re.compile(rf"(?<!\d)\d{{3}}{_GAP}\d{{3}}{_GAP}\d{{3}}{_GAP}\d{{2}}(?!\d)")
_CNPJ = re.compile(rf"(?<![\dA-Za-z])\d{{2}}{_GAP}\d{{3}}{_GAP}\d{{3}}{_GAP}\d{{4}}{_GAP}\d{{2}}(?![\dA-Za-z])")
# With letters in it, words would pass for one: only its own punctuation, or none (IN RFB 2.229/2024).
_LETTERED_CNPJ = re.compile(
    r"(?<![0-9A-Za-z])[0-9A-Za-z]{2}\.?[0-9A-Za-z]{3}\.?[0-9A-Za-z]{3}/?[0-9A-Za-z]{4}-?[0-9]{2}(?![0-9A-Za-z])"
)
_WORD = re.compile(r"[^\W\d_](?:[^\W_]|[\u0300-\u036f])*")


# What nobody sees between two digits: soft hyphens, blanks of no width, marks of direction.
_UNSEEN = re.compile(
    r"[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff]"
)
# What is seen as a separator, each by one that is looked for.
_ALIKE = str.maketrans("\t\uff0e\uff0d\uff0f\u2212\ufe63\u2044\u2215\u2024\u00b7", " .-/--//..")


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Where in a text something of `kind` stands."""

    start: int
    end: int
    kind: SensitiveKind


def find(text: str, kinds: Sequence[SensitiveKind], health_words: Sequence[str] = ()) -> tuple[Span, ...]:
    """What of `kinds` stands in `text`, in order; where two overlap the longer of those that begin first."""
    found = sorted(_each(text, kinds, health_words), key=lambda span: (span.start, -span.end))
    spans: list[Span] = []
    for span in found:
        if not spans or span.start >= spans[-1].end:
            spans.append(span)
    return tuple(spans)


def is_found(text: str, kinds: Sequence[SensitiveKind], health_words: Sequence[str] = ()) -> bool:
    """Whether anything of `kinds` stands in `text`."""
    return next(_each(text, kinds, health_words), None) is not None


def masked(text: str, rules: Sensitive) -> str:
    """`text` as it may be shown: of what the profile hides no more than a little is left."""
    if not rules.mask or not text:
        return text
    spans = find(text, rules.mask, rules.health_words)
    if not spans:
        return text
    pieces, at = [], 0
    for span in spans:
        pieces += [text[at : span.start], _hidden(text[span.start : span.end], span.kind)]
        at = span.end
    return "".join((*pieces, text[at:]))


def _hidden(text: str, kind: SensitiveKind) -> str:
    if kind is SensitiveKind.HEALTH:
        return _DOT * 3  # its length would tell
    kept = _KEPT[kind]
    left = sum(each.isalnum() for each in text) - kept
    shown = ""
    for each in text:
        shown += _DOT if each.isalnum() and left > 0 else each
        left -= each.isalnum()
    return shown


def _each(text: str, kinds: Sequence[SensitiveKind], health_words: Sequence[str]) -> Iterator[Span]:
    seen, places = _seen(text)
    for kind in kinds:
        is_health = kind is SensitiveKind.HEALTH
        for start, end in _health_in(seen, tuple(health_words)) if is_health else _FINDERS[kind](seen):
            yield Span(places[start], places[end - 1] + 1, kind) if places else Span(start, end, kind)


def _seen(text: str) -> tuple[str, list[int]]:
    """`text` as somebody reads it, and where each of its characters stands; no places where none is left out."""
    if text.isascii() or not _UNSEEN.search(text):
        return text.translate(_ALIKE), []
    places = [at for at, each in enumerate(text) if not _UNSEEN.match(each)]
    return "".join([text[at] for at in places]).translate(_ALIKE), places


def _cpfs_in(text: str) -> Iterator[tuple[int, int]]:
    for match in _CPF.finditer(text):
        digits = [int(each) for each in match.group() if each.isdecimal()]
        # A row of numbers has thousands of candidates, of which one in a hundred is worth the library's look.
        if _checks(digits, 9) == digits[9] and canonical_cpf("".join(map(str, digits))):
            yield match.span()


def _checks(digits: Sequence[int], length: int) -> int:
    """The check digit that follows the first `length` digits of a CPF."""
    left = sum(digit * (length + 1 - place) for place, digit in enumerate(digits[:length])) * 10 % 11
    return left % 10


def _cnpjs_in(text: str) -> Iterator[tuple[int, int]]:
    for pattern in (_CNPJ, _LETTERED_CNPJ):
        for match in pattern.finditer(text):
            if canonical_cnpj(_characters(match.group())):
                yield match.span()


def _characters(written: str) -> str:
    """The digits, in whatever script they were written, and the letters."""
    if written.isascii():
        return written
    return "".join(str(unicodedata.digit(each, each)) for each in written if each.isalnum())


def _health_in(text: str, words: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    wanted = _folded_words(words)
    whole = _folded(text)
    # Hardly a text has any of them, and looking for a few words costs less than taking all apart.
    if not any(each in whole for each in wanted):
        return
    for match in _WORD.finditer(text):
        if _folded(match.group()) in wanted:
            yield match.span()


@lru_cache(16)
def _folded_words(words: tuple[str, ...]) -> frozenset[str]:
    return frozenset(_folded(each) for each in words)


def _folded(text: str) -> str:
    """Without accents and case."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text)
    return "".join(each for each in plain if not unicodedata.combining(each)).casefold()


_FINDERS: dict[SensitiveKind, Callable[[str], Iterator[tuple[int, int]]]] = {
    SensitiveKind.CPF: _cpfs_in, SensitiveKind.CNPJ: _cnpjs_in, SensitiveKind.CARD: cards_in,
}  # fmt: skip
