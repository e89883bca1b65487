"""The public keys of signers, as they stand in DNS (RFC 6376 §3.6.1, RFC 8463)."""

import base64
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from gateway.ingest.authentication.answers import Questions
from gateway.ingest.authentication.outcome import Outcome
from gateway.ingest.authentication.tags import base64_text, parse_tags

ALGORITHMS = {b"rsa-sha256": b"rsa", b"ed25519-sha256": b"ed25519"}
# Shorter ones can be broken (RFC 8301 §3.2), longer ones cost more than they prove.
_RSA_BITS = range(1_024, 8_193)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key, and whether it may sign for its very domain alone (`t=s`)."""

    public: RSAPublicKey | Ed25519PublicKey
    is_exact: bool

    def verifies(self, signature: bytes, digest: bytes) -> bool:
        """Whether it made `signature` over this SHA-256."""
        try:
            if isinstance(self.public, Ed25519PublicKey):
                self.public.verify(signature, digest)
            else:
                self.public.verify(signature, digest, PKCS1v15(), Prehashed(SHA256()))
        except InvalidSignature:
            return False
        return True


def find_key(selector: str, domain: str, algorithm: bytes, questions: Questions) -> SigningKey | Outcome:
    """The key of `selector` at `domain` for `algorithm`; what is wrong where there is none."""
    records = [tags for text in questions.texts(f"{selector}._domainkey.{domain}") if (tags := _record(text))]
    if len(records) != 1:
        return Outcome.PERMERROR
    tags = records[0]
    kind = tags.get("k", b"rsa")
    flags = {each.strip() for each in tags.get("t", b"").split(b":")}
    if ALGORITHMS.get(algorithm) != kind or not _is_for(tags.get("h"), b"sha256"):
        return Outcome.PERMERROR
    if not (_is_for(tags.get("s"), b"email") or _is_for(tags.get("s"), b"*")):
        return Outcome.PERMERROR
    if b"y" in flags:
        return Outcome.POLICY  # a test, to be treated as if there were no signature
    public = _public_key(tags["p"], kind)
    return SigningKey(public, b"s" in flags) if public is not None else Outcome.PERMERROR


def _record(text: bytes) -> dict[str, bytes] | None:
    tags = parse_tags(text)
    if tags is None or "p" not in tags or tags.get("v", b"DKIM1") != b"DKIM1":
        return None
    return tags


def _is_for(listed: bytes | None, wanted: bytes) -> bool:
    return listed is None or wanted in [each.strip() for each in listed.split(b":")]


def _public_key(value: bytes, kind: bytes) -> RSAPublicKey | Ed25519PublicKey | None:
    """None for a revoked (empty), broken or weak key."""
    text = base64_text(value)
    if text is None:
        return None
    raw = base64.b64decode(text)
    try:
        if kind == b"ed25519":
            return Ed25519PublicKey.from_public_bytes(raw)
        key = load_der_public_key(raw)
    except (ValueError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, RSAPublicKey) and key.key_size in _RSA_BITS else None
