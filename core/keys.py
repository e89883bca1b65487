"""Secrets at work: subkeys by purpose, sealed bodies, keyed hashes, opaque signed tokens."""

import base64
import hashlib
import hmac
import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SIGNING_PERIOD = timedelta(days=90)
_NONCE = 12


@dataclass(frozen=True, slots=True)
class Key:
    """One configured secret and the id it is known by."""

    id: str
    secret: bytes = field(repr=False)

    @property
    def hint(self) -> int:
        """One octet that tells which key made a token, without telling the id."""
        return hashlib.sha256(self.id.encode()).digest()[0]


def _subkey(key: Key, purpose: str, length: int = 32) -> bytes:
    return HKDF(SHA256(), length, salt=None, info=f"guiche/{purpose}".encode()).derive(key.secret)


class SealingKeys:
    """Authenticated encryption of what rests in queues and quarantine (`GUICHE_DATA_KEYS`).

    The first key encrypts, all decrypt. `context` is bound to the text: a body moved to another
    queue or another message does not open.
    """

    def __init__(self, keys: Sequence[Key]) -> None:
        self._ciphers = [(key.hint, AESGCM(_subkey(key, "data"))) for key in keys]

    def seal(self, text: bytes, context: str) -> bytes:
        """Encrypt `text` with the current key."""
        hint, cipher = self._ciphers[0]
        nonce = os.urandom(_NONCE)
        return bytes([hint]) + nonce + cipher.encrypt(nonce, text, context.encode())

    def open(self, sealed: bytes, context: str) -> bytes:
        """The text sealed under `context`; ValueError when no key of ours opens it."""
        nonce = sealed[1 : 1 + _NONCE]
        for hint, cipher in self._ciphers:
            if sealed[:1] != bytes([hint]):
                continue
            try:
                return cipher.decrypt(nonce, sealed[1 + _NONCE :], context.encode())
            except InvalidTag:
                continue
        raise ValueError("sealed under a key or a context that is not ours")


class TokenKind(IntEnum):
    """What a signed token is for."""

    CUSTOMER_REPLY = 1
    AGENT_REPLY = 2
    AGENT_NOTE = 3
    MESSAGE_ID = 4
    RETURN_PATH = 5


@dataclass(frozen=True, slots=True)
class Token:
    """A ticket and the person, agent or delivery the token was made for."""

    kind: TokenKind
    ticket_id: int
    subject_id: int


class SigningKeys:
    """Opaque, case-insensitive tokens and keyed hashes (`GUICHE_SECRET_KEY`).

    A token is AES-SIV (RFC 5297) over ticket and subject: it proves itself and tells its reader
    nothing. Subkeys change every 90 days; tokens of earlier periods verify until their key is
    removed.
    """

    def __init__(self, keys: Sequence[Key]) -> None:
        self._keys = list(keys)
        self._ciphers: dict[tuple[str, int], AESSIV] = {}
        self._hash_key = _subkey(keys[-1], "hash")

    def sign(self, token: Token, now: datetime) -> str:
        """The token as 44 letters and digits, fit for the local part of an address."""
        key, period = self._keys[0], _period(now)
        header = bytes([key.hint, period & 0xFF])
        text = struct.pack(">BII", token.kind, token.ticket_id, token.subject_id)
        sealed = self._cipher(key, period & 0xFF).encrypt(text, [header])
        return base64.b32encode(header + sealed).decode().rstrip("=").lower()

    def verify(self, text: str) -> Token | None:
        """What the token says, or None for anything we did not sign."""
        try:
            raw = base64.b32decode(text.upper() + "=" * (-len(text) % 8))
        except ValueError:
            return None
        # Unused trailing bits would make several texts of one token.
        if len(raw) != 27 or base64.b32encode(raw).decode().rstrip("=") != text.upper():
            return None
        for key in self._keys:
            if key.hint == raw[0] and (token := self._open(key, raw)):
                return token
        return None

    def _open(self, key: Key, raw: bytes) -> Token | None:
        try:
            text = self._cipher(key, raw[1]).decrypt(raw[2:], [raw[:2]])
            kind, ticket_id, subject_id = struct.unpack(">BII", text)
            return Token(TokenKind(kind), ticket_id, subject_id)
        except (InvalidTag, ValueError):
            return None

    def _cipher(self, key: Key, period: int) -> AESSIV:
        name = (key.id, period)
        if name not in self._ciphers:
            self._ciphers[name] = AESSIV(_subkey(key, f"token/{period}", 64))
        return self._ciphers[name]

    def mac(self, purpose: str, text: str) -> str:
        """A keyed fingerprint of `text`, current key first; check it with `mac_matches`."""
        return _mac(self._keys[0], purpose, text)

    def mac_matches(self, purpose: str, text: str, mac: str) -> bool:
        """Whether any of our keys made `mac`, compared in constant time."""
        shown = mac.encode("utf-8", "replace")
        matches = [hmac.compare_digest(_mac(key, purpose, text).encode(), shown) for key in self._keys]
        return any(matches)

    def pseudonym(self, text: str) -> str:
        """A keyed hash that finds the same text again and tells nothing else.

        The oldest key makes it, so that adding a new signing key in front changes no hash.
        """
        return hmac.new(self._hash_key, text.encode("utf-8", "surrogateescape"), "sha256").hexdigest()


def _mac(key: Key, purpose: str, text: str) -> str:
    digest = hmac.new(_subkey(key, f"mac/{purpose}"), text.encode("utf-8", "surrogateescape"), "sha256").digest()
    return base64.b32encode(digest[:15]).decode().lower()


def _period(now: datetime) -> int:
    return int(now.timestamp() // SIGNING_PERIOD.total_seconds())


def parse_keys(text: str) -> list[Key]:
    """`one secret`, or `id:base64,id:base64,…`; ValueError where it is neither."""
    if ":" not in text:
        return [Key("0", text.encode())]
    keys = []
    for part in text.split(","):
        key_id, _, encoded = part.strip().partition(":")
        secret = base64.b64decode(encoded, validate=True)
        if not key_id or not secret:
            raise ValueError("must be id:base64")
        keys.append(Key(key_id, secret))
    return keys
