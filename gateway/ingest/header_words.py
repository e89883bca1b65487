"""Encoded words (RFC 2047) in linear time, and the raw 8-bit headers that should have been some."""

import binascii
import re

from gateway.ingest.charsets import decode, one_line

# A question mark of the text's own stands unencoded in what some programs call Q; `=?` never does.
_WORD = re.compile(rb"=\?([^?\s]{1,60})\?(?:([bB])\?([^?]*+)|([qQ])\?((?:[^?=]++|=(?!\?)|\?(?!=))*))\?=")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")


def decode_words(value: bytes, fallback: str = "") -> str:
    """The text of a header's value as one line; bytes outside encoded words are guessed."""
    if b"=?" not in value:
        return one_line(decode(value, "", fallback))
    pieces: list[str] = []
    charset = ""
    pending: list[bytes] = []
    at = 0
    for word in _WORD.finditer(value):
        between = value[at : word.start()]
        name = word.group(1).partition(b"*")[0].decode("latin-1")
        is_adjacent = bool(pending) and not between.strip()
        if pending and not (is_adjacent and name == charset):
            pieces.append(decode(b"".join(pending), charset))
            pending = []
        if between and not is_adjacent:
            pieces.append(decode(between, "", fallback))
        charset = name
        # A character may be cut between two words, so bytes are joined before they are decoded.
        pending.append(_word_bytes(word))
        at = word.end()
    if pending:
        pieces.append(decode(b"".join(pending), charset))
    pieces.append(decode(value[at:], "", fallback))
    return one_line("".join(pieces))


def _word_bytes(word: re.Match[bytes]) -> bytes:
    if word.group(2):
        return forgiving_base64(word.group(3))
    return binascii.a2b_qp(word.group(5), header=True)


def forgiving_base64(data: bytes) -> bytes:
    """What can be decoded of `data`: foreign characters and a wrong end are passed over."""
    try:
        return binascii.a2b_base64(data)
    except binascii.Error:
        letters = _NOT_BASE64.sub(b"", data)
        usable = len(letters) - (len(letters) % 4 == 1)
        return binascii.a2b_base64(letters[:usable] + b"=" * (-usable % 4))
