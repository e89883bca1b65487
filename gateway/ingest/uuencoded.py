"""Files written into a text as programs did before MIME: `begin 644 name`, lines of letters, `end`."""

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_FILES = 100
_BEGIN = re.compile(rb"^begin(?:-base64)? [0-7]{3,4} ([^\r\n]{1,200})\r?\n", re.MULTILINE)
_LAST = frozenset({b"end", b"`", b"", b"===="})


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """A file in a text, under the name as it stands there, and where its lines begin and end."""

    name: bytes
    content: bytes
    start: int
    end: int


def files_in(data: bytes) -> list[WrittenFile]:
    """The files written into `data`, at most a hundred; what merely begins like one is text."""
    found: list[WrittenFile] = []
    at = 0
    while len(found) < MAX_FILES and (begin := _BEGIN.search(data, at)):
        content, end = _decoded(data, begin.end())
        at = begin.end()
        if content:
            found.append(WrittenFile(begin.group(1).strip(), content, begin.start(), end))
            at = end
    return found


def without(data: bytes, files: list[WrittenFile]) -> bytes:
    """`data` less the files' lines."""
    pieces, at = [], 0
    for each in files:
        pieces.append(data[at : each.start])
        at = each.end
    return b"".join([*pieces, data[at:]])


def uudecoded(data: bytes) -> bytes:
    """The file that a whole body is, with or without its `begin` line."""
    begin = _BEGIN.search(data)
    return _decoded(data, begin.end() if begin else 0)[0]


def _decoded(data: bytes, at: int) -> tuple[bytes, int]:
    content = bytearray()
    for line, after in _lines(data, at):
        if line in _LAST:
            at = after
            if line == b"end" or not data.startswith(b"end", after):
                break
            continue
        decoded = _line(line)
        if decoded is None:
            break
        content += decoded
        at = after
    return bytes(content), at


def _lines(data: bytes, at: int) -> Iterator[tuple[bytes, int]]:
    while at < len(data):
        after = data.find(b"\n", at, at + 200) + 1
        if not after and len(data) - at > 200:
            return  # no line of an encoder is as long
        after = after or len(data)
        yield data[at:after].rstrip(), after
        at = after


def _line(line: bytes) -> bytes | None:
    try:
        return binascii.a2b_uu(line)
    except binascii.Error:
        # Some encoders pad their lines (the standard library has the same workaround).
        used = (((line[0] - 32) & 63) * 4 + 5) // 3
        try:
            return binascii.a2b_uu(line[:used])
        except binascii.Error:
            return None
