"""ISO-2022-JP as Japanese mail programs write it: with NEC's and IBM's own characters and kana of half width."""

import re
from collections.abc import Iterable

_ESCAPE = re.compile(rb"\x1b(\$[@B]|\$\(D|\([BJI])")


def decode_iso_2022_jp(data: bytes) -> str:
    """Text of `data`; what Python's codec lacks is read through Windows' table of the same grid."""
    try:
        return data.decode("iso2022_jp_ext")
    except UnicodeError:
        return _by_grid(data)


def _by_grid(data: bytes) -> str:
    pieces = []
    mode = b"(B"
    at = 0
    for escape in _ESCAPE.finditer(data):
        pieces.append(_run(data[at : escape.start()], mode))
        mode, at = escape.group(1), escape.end()
    pieces.append(_run(data[at:], mode))
    return "".join(pieces)


def _run(data: bytes, mode: bytes) -> str:
    if mode in (b"$@", b"$B"):
        return _double(data)
    if mode == b"(I":
        return bytes(each | 0x80 for each in data).decode("cp932", "replace")
    if mode == b"$(D":
        return b"".join(b"\x8f" + bytes([a | 0x80, b | 0x80]) for a, b in _pairs(data)).decode("euc_jp", "replace")
    return data.decode("cp932", "replace")


def _double(data: bytes) -> str:
    """Rows and cells of JIS X 0208 as Shift JIS numbers them."""
    found = bytearray()
    for line in re.split(rb"([\r\n]+)", data):
        if line[:1] in (b"\r", b"\n"):
            found += line
            continue
        for row, cell in _pairs(line):
            if not (0x21 <= row <= 0x7E and 0x21 <= cell <= 0x7E):
                found += b"?"
                continue
            lead = (row - 0x21) // 2 + (0x81 if row < 0x5F else 0xC1)
            trail = cell + (0x1F if cell < 0x60 else 0x20) if row % 2 else cell + 0x7E
            found += bytes([lead, trail])
    return found.decode("cp932", "replace")


def _pairs(data: bytes) -> Iterable[tuple[int, int]]:
    return zip(data[::2], data[1::2], strict=False)
