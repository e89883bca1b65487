"""Message-IDs in headers (RFC 5322 §3.6.4), without their angle brackets."""

import re

MAX_REFERENCES = 30  # that a claim is made by
_MAX_READ = 1_000

_BRACKETED = re.compile(rb"<[ \t]*+([!-;=?-~]{1,255})[ \t]*+>")
_BARE = re.compile(rb"[!-;=?-~]{1,255}")
_SPACED = re.compile(rb"[ \t,]++")


def message_id_of(value: bytes) -> str:
    """The one id in a Message-ID header; empty for none, and for one too long to be kept (S10)."""
    if match := _BRACKETED.search(value):
        return match.group(1).decode("ascii")
    # `id@host (added by relay@host)`: some write no brackets and a remark after it.
    first, *rest = _SPACED.split(value.strip(), maxsplit=1) or [b""]
    if _BARE.fullmatch(first) and (not rest or b"@" in first):
        return first.decode("ascii")
    return ""


def references_of(value: bytes) -> tuple[str, ...]:
    """The ids in a header, in its order; of very many only the last thousand."""
    found = [each.decode("ascii") for each in _BRACKETED.findall(value)]
    if not found:
        bare = [each for each in _SPACED.split(value.strip()) if each]
        if len(bare) == 1 or all(b"@" in each for each in bare):
            found = [each.decode("ascii") for each in bare if _BARE.fullmatch(each)]
    return tuple(found[-_MAX_READ:])
