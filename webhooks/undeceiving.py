"""Strangers' words on one line of a page, without what turns, hides or piles up letters (SECURITY.md P17)."""

import re

# Marks that turn the direction of writing around or take no room, and accents piled up beyond any language.
_INVISIBLE = re.compile("[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\x00-\x08\x0b-\x1f\x7f-\x9f]")
_ACCENT = "[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
_PILED = re.compile(f"({_ACCENT}{{3}}){_ACCENT}+")


def undeceived(text: str) -> str:
    """`text` as it may stand in a list: what was stored stays as it came."""
    return _PILED.sub(r"\1", _INVISIBLE.sub("", text))
