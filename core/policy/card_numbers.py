"""Numbers of payment cards in a text: by the lengths their issuers use, and their check digit (ISO/IEC 7812-1)."""

import re
import unicodedata
from collections.abc import Iterator

# Thirteen digits or more, each at most two blanks, full stops or hyphens after the one before it.
_ROW = re.compile(r"(?<!\d)\d(?:(?:[^\S\r\n]|[.\-\u2010-\u2015]){0,2}\d){12,}")
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def cards_in(text: str) -> Iterator[tuple[int, int]]:
    """Where card numbers begin and end: whole groups of digits, never the middle of a longer number."""
    for row in _ROW.finditer(text):
        places = [at for at, each in enumerate(row.group(), row.start()) if each.isdecimal()]
        digits = "".join(str(unicodedata.decimal(text[at])) for at in places)
        first = 0
        while first <= len(digits) - 13:
            length = _length_at(first, places, digits)
            if length:
                yield places[first], places[first + length - 1] + 1
            first += length or 1


def _length_at(first: int, places: list[int], digits: str) -> int:
    """How many digits the card number has that begins there; 0 where none begins."""
    if first and places[first] == places[first - 1] + 1:
        return 0
    for length in _lengths(digits[first : first + 4]):
        last = first + length - 1
        if last >= len(digits) or (last + 1 < len(digits) and places[last + 1] == places[last] + 1):
            continue
        if _has_right_check(digits[first : last + 1]):
            return length
    return 0


def _lengths(head: str) -> tuple[int, ...]:
    """The lengths in use for numbers that begin so, the longest first."""
    if head[0] == "4":
        return 19, 16, 13
    if "51" <= head[:2] <= "55" or "2221" <= head <= "2720":
        return (16,)
    if head[:2] in ("34", "37"):
        return (15,)
    if head[:2] in ("36", "38", "39") or "300" <= head[:3] <= "305":
        return 16, 14
    if head[:2] == "35":
        return 19, 16
    if head[:2] in ("50", "56", "57", "58") or head[0] == "6":
        return 19, 18, 17, 16
    return ()


def _has_right_check(number: str) -> bool:
    """Luhn's sum, from the right every second digit doubled."""
    backwards = [int(each) for each in reversed(number)]
    return (sum(backwards[::2]) + sum(_DOUBLED[each] for each in backwards[1::2])) % 10 == 0
