"""Lists of MAPI properties as TNEF encapsulates them (MS-OXTNEF 2.1.3.4): the strings and bytes of it."""

import struct

from gateway.ingest.charsets import decode

_MAX_PROPERTIES = 2_000
_MAX_VALUES = 1_000
# Octets of a value by its type, each a multiple of four.
_FIXED = {0x02: 4, 0x03: 4, 0x04: 4, 0x05: 8, 0x06: 8, 0x07: 8, 0x0A: 4, 0x0B: 4, 0x14: 8, 0x40: 8, 0x48: 16}
_STRING, _UNICODE, _OBJECT, _BINARY = 0x1E, 0x1F, 0x0D, 0x102
_MANY = 0x1000
_NAMED = 0x8000


def properties(data: bytes, charset: str) -> dict[int, str | bytes]:
    """Strings and bytes by property id; what follows an impossible length is left out."""
    found: dict[int, str | bytes] = {}
    try:
        (count,) = struct.unpack_from("<I", data, 0)
        at = 4
        for _ in range(min(count, _MAX_PROPERTIES)):
            at = _one(data, at, charset, found)
    except (struct.error, ValueError):
        pass
    return found


def _one(data: bytes, at: int, charset: str, found: dict[int, str | bytes]) -> int:
    """Read the property at `at`; where the next one begins."""
    kind, name = struct.unpack_from("<HH", data, at)
    at += 4
    if name >= _NAMED:
        at = _after_name(data, at)
    is_many, kind = bool(kind & _MANY), kind & ~_MANY
    if kind in _FIXED:
        count, at = _count(data, at) if is_many else (1, at)
        return at + count * _FIXED[kind]
    if kind not in (_STRING, _UNICODE, _OBJECT, _BINARY):
        raise ValueError(kind)
    count, at = _count(data, at)
    for _ in range(count):
        (length,) = struct.unpack_from("<I", data, at)
        value = data[at + 4 : at + 4 + length]
        if len(value) < length:
            raise ValueError(length)
        found.setdefault(name, _value(value, kind, charset))
        at += 4 + _padded(length)
    return at


def _after_name(data: bytes, at: int) -> int:
    """A named property says its set of names (16 octets), and its number or its name there."""
    kind, length = struct.unpack_from("<II", data, at + 16)
    return at + 24 + (_padded(length) if kind == 1 else 0)


def _count(data: bytes, at: int) -> tuple[int, int]:
    (count,) = struct.unpack_from("<I", data, at)
    if count > _MAX_VALUES:
        raise ValueError(count)
    return count, at + 4


def _padded(length: int) -> int:
    return (length + 3) & ~3


def _value(value: bytes, kind: int, charset: str) -> str | bytes:
    if kind == _UNICODE:
        return decode(value, "utf-16le").rstrip("\x00")
    if kind == _STRING:
        return decode(value.rstrip(b"\x00"), charset)
    return value
