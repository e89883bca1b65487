"""Values with parameters, as Content-Type and Content-Disposition have them (RFC 2045 §5.1, RFC 2231)."""

import re
from urllib.parse import unquote_to_bytes

from gateway.ingest.charsets import decode, one_line
from gateway.ingest.header_words import decode_words

MAX_PARAMETERS = 50
_PARAMETER = re.compile(rb';\s*+([^\s=;"]{1,80})\s*+=\s*+("(?:[^"\\]++|\\.)*"?|[^;]*+)', re.DOTALL)
_CONTINUED = re.compile(r"([^*]+)\*([0-9]{1,2})(\*?)", re.ASCII)
_TYPE = re.compile(r"([a-z0-9!#$&^_.+-]{1,63}/[a-z0-9!#$&^_.+-]{1,63})(?:[ \t(,]|$)", re.ASCII)
_TORN = re.compile(
    rb"[ \t]*+([A-Za-z0-9!#$&^_.+-]{1,63}(?:/[A-Za-z0-9!#$&^_.+-]{1,63})?)[ \t]++(\S[^=]*+=.*+)", re.DOTALL
)


def split_value(value: bytes) -> tuple[str, dict[str, str]]:
    """The value in lower case, and its first fifty parameters, decoded."""
    head, semicolon, rest = value.partition(b";")
    main = head.strip().decode("latin-1").lower()
    if b"=" in head and (torn := _TORN.match(head)):
        # `application/pdf name=a.pdf`: the semicolon was forgotten.
        main = torn.group(1).decode("ascii").lower()
        value = b";".join([torn.group(1), torn.group(2), rest])
    return main, _parameters(value) if semicolon or b"=" in value else {}


def content_type_of(main: str) -> str:
    """A well-formed type, or the one RFC 2045 §5.2 gives to everything else."""
    match = _TYPE.match(main)
    return match.group(1) if match else "text/plain"


def _parameters(value: bytes) -> dict[str, str]:
    found: dict[str, str] = {}
    pieces: dict[str, dict[int, bytes]] = {}
    is_encoded: set[str] = set()
    for number, match in enumerate(_PARAMETER.finditer(value)):
        if number >= MAX_PARAMETERS:
            break
        name, data = match.group(1).decode("latin-1").lower(), _unquoted(match.group(2))
        if continued := _CONTINUED.fullmatch(name):
            piece = unquote_to_bytes(data) if continued.group(3) else data
            pieces.setdefault(continued.group(1), {})[int(continued.group(2))] = piece
            if continued.group(3):
                is_encoded.add(continued.group(1))
        elif name.endswith("*"):
            found[name[:-1]] = _extended(unquote_to_bytes(data))
        elif name == "boundary":
            found.setdefault(name, data.decode("latin-1"))
        else:
            found.setdefault(name, decode_words(data))
    for name, parts in pieces.items():
        joined = b"".join(parts[each] for each in sorted(parts))
        found[name] = _extended(joined) if name in is_encoded else decode_words(joined)
    return found


def _unquoted(data: bytes) -> bytes:
    data = data.strip()
    if data.startswith(b'"'):
        return re.sub(rb"\\(.)", rb"\1", data.strip(b'"'), flags=re.DOTALL)
    return data


def _extended(data: bytes) -> str:
    charset, _, rest = data.partition(b"'")
    language, quote, text = rest.partition(b"'")
    if not quote or len(language) > 35:
        return one_line(decode(data))
    return one_line(decode(text, charset.decode("latin-1")))
