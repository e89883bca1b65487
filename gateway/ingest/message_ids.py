"""Message-IDs in headers (RFC 5322 §3.6.4), without their angle brackets."""

import re

MAX_REFERENCES = 30

_BRACKETED = re.compile(rb"<[ \t]*+([!-;=?-~]{1,255})[ \t]*+>")
_BARE = re.compile(rb"[!-;=?-~]{1,255}")


def message_id_of(value: bytes) -> str:
    """The one id in a Message-ID header; empty for none, and for one too long to be kept (S10)."""
    match = _BRACKETED.search(value) or _BARE.fullmatch(value)
    if match is None:
        return ""
    return (match.group(1) if match.re is _BRACKETED else match.group()).decode("ascii")


def references_of(value: bytes) -> tuple[str, ...]:
    """The ids in a header, in its order, each once; of very many only the last thirty."""
    found = [each.decode("ascii") for each in _BRACKETED.findall(value)]
    if not found and _BARE.fullmatch(value):
        found = [value.decode("ascii")]
    return tuple(dict.fromkeys(found[-MAX_REFERENCES:]))
