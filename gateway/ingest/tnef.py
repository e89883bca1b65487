"""Outlook's `winmail.dat` (TNEF, MS-OXTNEF): the files and the text in it, read under caps and never trusted."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace

from gateway.ingest.charsets import decode
from gateway.ingest.mapi import properties

MAX_FILES = 100
_MAX_ATTRIBUTES = 5_000
_MAX_DEPTH = 3
TNEF_HEAD = b"\x78\x9f\x3e\x22"

_RENDERING, _TITLE, _DATA, _FILE_PROPERTIES = 0x9002, 0x8010, 0x800F, 0x9005
_BODY, _PROPERTIES, _CODEPAGE = 0x800C, 0x9003, 0x9007
_NAMES = (0x3707, 0x370C, 0x3704, 0x3001)  # long name, transport name, 8.3 name, display name
_MIME_TAG, _CONTENT_ID, _CONTENT, _TEXT, _HTML = 0x370E, 0x3712, 0x3701, 0x1000, 0x1013


@dataclass(frozen=True, slots=True)
class TnefFile:
    """A file in a winmail.dat; the name as it stands there."""

    name: str = ""
    content: bytes = b""
    content_type: str = ""
    content_id: str = ""


@dataclass(frozen=True, slots=True)
class Tnef:
    """What is in a winmail.dat: files in order, the text and the HTML of the mail where it has them."""

    files: tuple[TnefFile, ...] = ()
    text: str = ""
    html: str = ""


def read_tnef(data: bytes, depth: int = 0) -> Tnef:
    """What can be read of `data`. Never raises: where a length lies, what stood before it remains."""
    found = Tnef()
    files: list[TnefFile] = []
    charset = "cp1252"
    for name, value in _attributes(data):
        if name == _RENDERING and len(files) < MAX_FILES:
            files.append(TnefFile())
        elif name == _CODEPAGE and len(value) >= 4:
            charset = f"cp{int.from_bytes(value[:4], 'little')}"
        elif name == _BODY:
            found = replace(found, text=found.text or decode(value.rstrip(b"\x00"), charset))
        elif name == _PROPERTIES:
            held = properties(value, charset)
            found = replace(found, text=_string(held.get(_TEXT)) or found.text, html=_html(held.get(_HTML), charset))
        elif files:
            files[-1:] = _told(files[-1], name, value, charset, depth)
    return replace(found, files=tuple(each for each in files if each.name or each.content)[:MAX_FILES])


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Name and value of each attribute, up to the first whose length cannot be."""
    if not data.startswith(TNEF_HEAD):
        return
    at = 6
    for _ in range(_MAX_ATTRIBUTES):
        if at + 9 > len(data):
            return
        level, name, length = struct.unpack_from("<BII", data, at)
        start = at + 9
        if level not in (1, 2) or start + length > len(data):
            return
        yield name & 0xFFFF, data[start : start + length]
        at = start + length + 2  # a checksum that nobody checks


def _told(file: TnefFile, name: int, value: bytes, charset: str, depth: int) -> list[TnefFile]:
    """The file with what one more attribute tells of it; a mail within the mail gives up its own files."""
    if name == _TITLE:
        return [replace(file, name=file.name or decode(value.rstrip(b"\x00"), charset))]
    if name == _DATA:
        return [replace(file, content=value)]
    if name != _FILE_PROPERTIES:
        return [file]
    held = properties(value, charset)
    named = next((text for each in _NAMES if (text := _string(held.get(each)))), file.name)
    content = held.get(_CONTENT)
    told = replace(
        file, name=named, content_type=_string(held.get(_MIME_TAG)), content_id=_string(held.get(_CONTENT_ID)),
        content=file.content or (content if isinstance(content, bytes) else b""),
    )  # fmt: skip
    # An embedded object begins with the id of its interface, a mail's goes on as TNEF.
    if told.content[16:20] == TNEF_HEAD and depth < _MAX_DEPTH:
        return [replace(told, content=told.content[16:]), *read_tnef(told.content[16:], depth + 1).files]
    return [told]


def _string(value: str | bytes | None) -> str:
    return value if isinstance(value, str) else ""


def _html(value: str | bytes | None, charset: str) -> str:
    return decode(value, charset) if isinstance(value, bytes) else value or ""
