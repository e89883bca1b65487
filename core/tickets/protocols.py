"""Protocol numbers as the profile's template writes them, and finding them in what people write."""

import re
from datetime import date
from functools import cache

DEFAULT = "{date:%Y%m%d}{seq:06d}{check}"
_PLACES = re.compile(r"\{(date|seq|check)(?::[^}]*)?\}")


def render(template: str, day: date, seq: int) -> str:
    """The protocol of sequence number `seq` on `day`; a sequence beyond its width widens it."""
    before, marker, after = template.partition("{check}")
    text = before.format(date=day, seq=seq)
    if not marker:
        return text
    return f"{text}{check_digit(text)}{after.format(date=day, seq=seq)}"


def find(text: str, template: str = DEFAULT) -> tuple[str, ...]:
    """The well-formed protocols in `text`, first to last, each once.

    A number alone opens nothing: whoever writes it still needs standing on the ticket.
    """
    found = (match.group() for match in _pattern(template).finditer(text))
    return tuple(dict.fromkeys(each for each in found if _has_right_check(each, template)))


def check_digit(text: str) -> int:
    """ISO 7064 MOD 11,10 over the digits of `text`: one wrong or swapped digit shows."""
    product = 10
    for digit in (int(each) for each in text if each in "0123456789"):
        total = (digit + product) % 10 or 10
        product = total * 2 % 11
    return (11 - product) % 10


@cache
def _pattern(template: str) -> re.Pattern[str]:
    # Only ASCII digits: \d would also match Arabic ones (SECURITY.md M19).
    pieces = {"date": "[0-9]{8}", "check": "[0-9]"}
    pattern = ""
    at = 0
    for place in _PLACES.finditer(template):
        pattern += re.escape(template[at : place.start()])
        width = re.search(r":0([0-9])d", place.group())
        pattern += pieces.get(place.group(1)) or f"[0-9]{{{width.group(1) if width else 1},12}}"
        at = place.end()
    pattern += re.escape(template[at:])
    return re.compile(rf"(?<![0-9A-Za-z]){pattern}(?![0-9A-Za-z])", re.ASCII)


def _has_right_check(text: str, template: str) -> bool:
    if not template.endswith("{check}"):
        return True
    return text[-1] == str(check_digit(text[:-1]))
