"""Bytes to text by the charset a mail names, from a list of those we let in (SECURITY.md M9, M11)."""

import re
from functools import lru_cache

# UTF-7 is not among them and never will be: it hides markup from everybody who looks.
_CODECS = {
    "us-ascii": "ascii", "ascii": "ascii", "ansi_x3.4-1968": "ascii", "646": "ascii",
    "utf-8": "utf-8", "utf8": "utf-8", "unicode-1-1-utf-8": "utf-8", "utf-8-sig": "utf-8-sig",
    "utf-16": "utf-16", "utf-16le": "utf-16-le", "utf-16be": "utf-16-be", "utf-32": "utf-32",
    # Who writes latin-1 means Windows: the codes between are dashes and quotation marks.
    "iso-8859-1": "cp1252", "iso8859-1": "cp1252", "latin1": "cp1252", "latin-1": "cp1252", "l1": "cp1252",
    "windows-1252": "cp1252", "cp1252": "cp1252", "ansi": "cp1252", "x-ansi": "cp1252",
    "gb2312": "gb18030", "gbk": "gb18030", "gb18030": "gb18030", "cp936": "gb18030", "x-gbk": "gb18030",
    "big5": "big5hkscs", "big5-hkscs": "big5hkscs", "hz-gb-2312": "hz",
    "shift_jis": "cp932", "shift-jis": "cp932", "sjis": "cp932", "x-sjis": "cp932", "cp932": "cp932",
    "windows-31j": "cp932", "euc-jp": "euc_jp", "iso-2022-jp": "iso2022_jp_ext",
    "iso-2022-jp-1": "iso2022_jp_1", "iso-2022-jp-2": "iso2022_jp_2", "iso-2022-jp-3": "iso2022_jp_3",
    "euc-kr": "cp949", "ks_c_5601-1987": "cp949", "ks_c_5601": "cp949", "cp949": "cp949",
    "iso-2022-kr": "iso2022_kr", "tis-620": "iso8859_11", "windows-874": "cp874",
    "koi8-r": "koi8_r", "koi8-u": "koi8_u", "macintosh": "mac_roman", "mac": "mac_roman",
    "cp437": "cp437", "ibm437": "cp437", "cp850": "cp850", "ibm850": "cp850", "cp852": "cp852",
    "cp858": "cp858", "cp860": "cp860", "cp866": "cp866",
}  # fmt: skip
_CODECS |= {f"iso-8859-{n}": f"iso8859_{n}" for n in (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16)}
_CODECS |= {f"iso-8859-{n}-{d}": f"iso8859_{n}" for n in (6, 8) for d in "ie"}
_CODECS |= {f"windows-{n}": f"cp{n}" for n in (1250, 1251, 1253, 1254, 1255, 1256, 1257, 1258)}
_CODECS |= {f"cp{n}": f"cp{n}" for n in (1250, 1251, 1253, 1254, 1255, 1256, 1257, 1258)}

_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_CONTROL_BYTES = bytes([*range(9), 11, 12, *range(14, 32), 127])
_IN_LINE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


@lru_cache(maxsize=256)
def codec_of(charset: str) -> str | None:
    """Our codec for a charset's name, or None for one we do not know or do not want."""
    return _CODECS.get(charset.strip(" \t\"'").lower().replace("_", "-")) or _CODECS.get(charset.strip().lower())


def decode(data: bytes, charset: str = "", fallback: str = "") -> str:
    """Text of `data` whatever it is: as named, else UTF-8, else as `fallback` or Windows-1252."""
    codec = codec_of(charset)
    if codec in (None, "ascii", "utf-8"):
        return _guessed(data, codec_of(fallback))
    assert codec is not None
    try:
        return data.decode(codec, "replace")
    except (UnicodeError, LookupError):
        return data.decode("latin-1")


def _guessed(data: bytes, fallback: str | None) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        pass
    if fallback not in (None, "ascii", "utf-8"):
        assert fallback is not None
        try:
            return data.decode(fallback)
        except (UnicodeError, LookupError):
            pass
    return data.decode("cp1252", "replace")


def plain_lines(text: str) -> str:
    """`text` with LF line ends and without control characters (PostgreSQL takes no NUL: S22)."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text if _is_clean(text) else _CONTROLS.sub("", text)


def _is_clean(text: str) -> bool:
    # Twenty times as fast as searching the text itself.
    try:
        data = text.encode()
    except UnicodeEncodeError:
        return False
    return len(data.translate(None, _CONTROL_BYTES)) == len(data)


def one_line(text: str) -> str:
    """`text` as one line: whatever an encoded word smuggled in becomes a space (SECURITY.md M10)."""
    if not text.isprintable():
        text = _CONTROLS.sub("", _IN_LINE.sub(" ", text))
    return text.strip()
