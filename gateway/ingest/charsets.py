"""Bytes to text by the charset a mail names, from a list of those we let in (SECURITY.md M9, M11)."""

import re
from contextlib import suppress
from functools import lru_cache
from io import IncrementalNewlineDecoder

from gateway.ingest.japanese import decode_iso_2022_jp

# By name without punctuation. UTF-7 is not among them and never will be: it hides markup from
# everybody who looks.
_NAMES = {
    "ascii": "usascii ascii ansix341968 646 iso646us asciius usasciii",
    "utf-8": "utf8 unicode11utf8 utf8mb4 utf utf8n xutf8",
    "utf-8-sig": "utf8sig utf8bom",
    "utf-16": "utf16 unicode ucs2 iso10646ucs2", "utf-16-le": "utf16le", "utf-16-be": "utf16be",
    "utf-32": "utf32 ucs4 iso10646ucs4", "utf-32-le": "utf32le", "utf-32-be": "utf32be",
    # Who writes latin-1 means Windows: the codes between are dashes and quotation marks.
    "cp1252": "iso88591 latin1 l1 isolatin1 iso885911987 88591 windows1252 cp1252 ms1252 win1252 ansi xansi ibm1252"
              " cp819 ibm819 isoir100 wlatin1 western",
    "gb18030": "gb2312 gbk gb18030 gb231280 cp936 ms936 windows936 xgbk euccn gb23121980 chinese csgb2312",
    "big5hkscs": "big5 big5hkscs big5hk csbig5 cp950 windows950 xbig5 cnbig5",
    "hz": "hzgb2312 hz",
    "cp932": "shiftjis sjis xsjis cp932 windows31j ms932 mskanji csshiftjis windows932",
    "euc_jp": "eucjp xeucjp ujis cseucpkdfmtjapanese",
    "iso2022_jp": "iso2022jp csiso2022jp cp50220 cp50221 cp50222 iso2022jpms",
    "iso2022_jp_1": "iso2022jp1", "iso2022_jp_2": "iso2022jp2", "iso2022_jp_3": "iso2022jp3",
    "cp949": "euckr ksc56011987 ksc5601 ksc56011989 cp949 ms949 uhc windows949 korean cseuckr ksx1001",
    "iso2022_kr": "iso2022kr", "johab": "johab cp1361",
    "iso8859_11": "tis620 iso885911", "cp874": "windows874 cp874 xwindows874",
    "koi8_r": "koi8r koi8 cskoi8r", "koi8_u": "koi8u koi8ru", "koi8_t": "koi8t",
    "mac_roman": "macintosh mac xmacroman macroman", "mac_cyrillic": "xmaccyrillic maccyrillic",
    "mac_greek": "xmacgreek macgreek", "mac_latin2": "xmacce macce maclatin2", "mac_turkish": "xmacturkish macturkish",
}  # fmt: skip
_CODECS = {name: codec for codec, names in _NAMES.items() for name in names.split()}
_CODECS |= {f"iso8859{n}": f"iso8859_{n}" for n in (2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 14, 15, 16)}
_CODECS |= {f"8859{n}": f"iso8859_{n}" for n in (2, 5, 7, 9, 15)}
_CODECS |= {f"latin{n}": f"iso8859_{part}" for n, part in ((2, 2), (3, 3), (4, 4), (5, 9), (6, 10), (9, 15), (10, 16))}
_CODECS |= {f"iso8859{n}{d}": f"iso8859_{n}" for n in (6, 8) for d in "ie"}
_CODECS |= {f"iso8859{n}{year}": f"iso8859_{n}" for n, year in ((2, 1987), (5, 1988), (6, 1987), (7, 1987), (9, 1989))}
_CODECS |= {
    f"{prefix}{n}": f"cp{n}"
    for prefix in ("windows", "cp", "win", "ms", "xcp") for n in (1250, 1251, 1253, 1254, 1255, 1256, 1257, 1258)
}  # fmt: skip
_CODECS |= {
    f"{prefix}{n}": f"cp{n}"
    for prefix in ("cp", "ibm", "dos", "csibm")
    for n in (437, 737, 775, 850, 852, 855, 857, 858, 860, 861, 862, 863, 865, 866, 869)
}  # fmt: skip

_PUNCTUATION = re.compile(r"[^a-z0-9]+")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_CONTROL_BYTES = bytes([*range(9), 11, 12, *range(14, 32), 127])
_IN_LINE = re.compile("[\t-\r\x85\u2028\u2029]+")
_MULTIBYTE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")


@lru_cache(maxsize=256)
def codec_of(charset: str) -> str | None:
    """Our codec for a charset's name, or None for one we do not know or do not want."""
    # `utf-8 (Plain text)`, `utf-8; x` and `3Dutf-8` are what careless programs make of it.
    name = re.split(r"[\s(;,]", charset.strip(" \t\"'").lower()[:60], maxsplit=1)[0]
    name = _PUNCTUATION.sub("", name.removeprefix("3d"))
    return _CODECS.get(name)


def decode(data: bytes, charset: str = "", fallback: str = "") -> str:
    """Text of `data` whatever it is: as named, else UTF-8, else as `fallback` or Windows-1252."""
    codec = codec_of(charset)
    if codec in (None, "ascii", "utf-8"):
        return _guessed(data, codec_of(fallback))
    assert codec is not None
    if codec == "cp1252" and (text := _utf_8_by_mistake(data)) is not None:
        return text
    if codec == "iso2022_jp":
        return decode_iso_2022_jp(data)
    try:
        return data.decode(codec, "replace").removeprefix("\ufeff")
    except (UnicodeError, LookupError):
        return data.decode("latin-1")


def _utf_8_by_mistake(data: bytes) -> str | None:
    """The text of bytes called latin-1 that are UTF-8: no Portuguese text is so by chance."""
    if data.isascii():
        return data.decode("ascii")
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


def _guessed(data: bytes, fallback: str | None) -> str:
    try:
        return data.decode().removeprefix("\ufeff")
    except UnicodeDecodeError:
        pass
    if _is_damaged_utf_8(data):
        return data.decode("utf-8", "replace").removeprefix("\ufeff")
    if fallback not in (None, "ascii", "utf-8"):
        assert fallback is not None
        try:
            return data.decode(fallback)
        except (UnicodeError, LookupError):
            pass
    return data.decode("cp1252", "replace")


def _is_damaged_utf_8(data: bytes) -> bool:
    """Whether a few bytes are wrong, as where a text was cut, and the rest is UTF-8 beyond doubt."""
    rest, characters = _MULTIBYTE.subn(b"", data[:100_000])
    return characters > 2 * len(rest.translate(None, _ASCII))


_ASCII = bytes(range(128))


def plain_lines(text: str) -> str:
    """`text` with LF line ends and without control characters (PostgreSQL takes no NUL: S22)."""
    # Three times as fast as replacing them.
    text = IncrementalNewlineDecoder(None, translate=True).decode(text, final=True)
    return text if _is_clean(text) else _CONTROLS.sub("", text)


def _is_clean(text: str) -> bool:
    # Five times as fast as searching the text itself; most texts are latin-1 to Python, whatever came.
    for charset in ("latin-1", "utf-8"):
        with suppress(UnicodeEncodeError):
            data = text.encode(charset)
            return len(data.translate(None, _CONTROL_BYTES)) == len(data)
    return False


def one_line(text: str) -> str:
    """`text` as one line: whatever an encoded word smuggled in becomes a space (SECURITY.md M10)."""
    if not text.isprintable():
        text = _CONTROLS.sub("", _IN_LINE.sub(" ", text))
    return text.strip()
