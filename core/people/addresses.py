"""Canonical keys: an address or a telephone as the directory stores it and nothing else."""

import re

_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ADDR_SPEC = re.compile(rf"({_ATOM}(?:\.{_ATOM})*)@({_LABEL}(?:\.{_LABEL})*)", re.ASCII)
_MAX_ADDRESS = 254  # RFC 5321 §4.5.3.1.3, less the angle brackets
_MAX_LOCAL_PART = 64

# Area code without zeros, then a telephone of eight digits or a mobile of nine.
_BRAZILIAN = re.compile(r"[1-9][1-9](?:9[0-9]{8}|[2-9][0-9]{7})", re.ASCII)
# A zero, and perhaps the two digits of a carrier, before a long-distance number.
_TRUNK = re.compile(r"0(?:[1-9][0-9](?=[0-9]{10,11}$))?", re.ASCII)
_SEPARATORS = str.maketrans("", "", " \t\u00a0-./()")


def canonical_email(text: str) -> str | None:
    """The one key of an address, or None where `text` is no strict addr-spec (RFC 5322 §3.4.1).

    ASCII only, lower-cased: letters that merely look like others, or become others when folded,
    make no key at all (SECURITY.md M19). An internationalised domain stands in its `xn--` form.
    """
    if not text.isascii() or len(text) > _MAX_ADDRESS:
        return None
    match = _ADDR_SPEC.fullmatch(text.strip(" \t").lower())
    if match is None or len(match.group(1)) > _MAX_LOCAL_PART:
        return None
    return match.group()


def canonical_phone(text: str) -> str | None:
    """The number in E.164 (`+5511912345678`), Brazilian unless it says otherwise; None where it is none."""
    digits = text.strip().translate(_SEPARATORS)
    is_international = digits.startswith(("+", "00"))
    digits = digits.removeprefix("+") if digits.startswith("+") else digits.removeprefix("00")
    if not digits.isascii() or not digits.isdigit():
        return None
    if is_international and not digits.startswith("55"):
        return f"+{digits}" if 8 <= len(digits) <= 15 and digits[0] != "0" else None
    return _brazilian(digits, has_country=is_international)


def _brazilian(digits: str, *, has_country: bool) -> str | None:
    # Ten or eleven digits are area code and number, even where the area code is 55.
    if has_country or len(digits) in (12, 13):
        digits = digits.removeprefix("55")
    national = _TRUNK.sub("", digits, count=1) if digits.startswith("0") else digits
    return f"+55{national}" if _BRAZILIAN.fullmatch(national) else None
