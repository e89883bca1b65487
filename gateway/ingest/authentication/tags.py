"""Tag lists (`v=1; a=rsa-sha256; …`), strictly: RFC 6376 §3.2."""

import re

_MAX_LIST = 16 * 1024
_NAME = re.compile(rb"[A-Za-z][A-Za-z0-9_]*")
_BASE64 = re.compile(rb"[A-Za-z0-9+/]+={0,2}")
_SPACE = b" \t\r\n"


def parse_tags(text: bytes) -> dict[str, bytes] | None:
    """Values by tag, without the space around them; None for what is no tag list."""
    if len(text) > _MAX_LIST:
        return None
    found: dict[str, bytes] = {}
    parts = text.split(b";")
    if not parts[-1].strip(_SPACE):
        parts.pop()
    for part in parts:
        name, equals, value = part.partition(b"=")
        name = name.strip(_SPACE)
        key = name.decode("ascii", "replace")
        if not equals or not _NAME.fullmatch(name) or key in found:
            return None
        found[key] = value.strip(_SPACE)
    return found


def base64_text(value: bytes) -> bytes | None:
    """A base64 value without its folding; None where it is none."""
    text = b"".join(value.split())
    return text if len(text) % 4 == 0 and _BASE64.fullmatch(text) else None
