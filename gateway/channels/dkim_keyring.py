"""The private keys that sign our mail, read from their files once, at the start."""

import base64
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256, Hash
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from core.dkim_keys import DkimKey
from core.errors import Misconfigured

LEAST_RSA_BITS = 1024  # RFC 8301 3.2: signers must use no less


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key at work: `algorithm` is the tag `a=`, `published` the text of its TXT record."""

    selector: str
    domain: str
    algorithm: str
    published: str
    sign: Callable[[bytes], bytes] = field(repr=False)


def load_keyring(keys: Iterable[DkimKey]) -> tuple[SigningKey, ...]:
    """Every key of `GUICHE_DKIM_KEY`; `Misconfigured` names each that cannot be read or does not fit."""
    loaded: list[SigningKey] = []
    complaints: list[str] = []
    for key in keys:
        try:
            loaded.append(_loaded(key))
        except (OSError, ValueError, TypeError) as error:
            complaints.append(f"GUICHE_DKIM_KEY: {key.path}: {_why(error)}")
    if complaints:
        raise Misconfigured(complaints)
    return tuple(loaded)


class _Unfit(ValueError):
    """A key, but none that may sign mail."""


def _why(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or "cannot be read"
    # The library's own text could repeat what the file holds.
    return str(error) if isinstance(error, _Unfit) else "no private key in PEM"


def _loaded(key: DkimKey) -> SigningKey:
    private = load_pem_private_key(key.path.read_bytes(), password=None)
    if isinstance(private, RSAPrivateKey):
        if private.key_size < LEAST_RSA_BITS:
            raise _Unfit(f"an RSA key of less than {LEAST_RSA_BITS} bits")
        spki = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return SigningKey(key.selector, key.domain, "rsa-sha256", _record("rsa", spki), _by_rsa(private))
    if isinstance(private, Ed25519PrivateKey):
        raw = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return SigningKey(key.selector, key.domain, "ed25519-sha256", _record("ed25519", raw), _by_ed25519(private))
    raise _Unfit("neither an RSA nor an Ed25519 key")


def _record(kind: str, public: bytes) -> str:
    return f"v=DKIM1; k={kind}; p={base64.b64encode(public).decode()}"


def _by_rsa(private: RSAPrivateKey) -> Callable[[bytes], bytes]:
    return lambda text: private.sign(text, PKCS1v15(), SHA256())


def _by_ed25519(private: Ed25519PrivateKey) -> Callable[[bytes], bytes]:
    """It signs the hash, not the text (RFC 8463 3)."""

    def sign(text: bytes) -> bytes:
        digest = Hash(SHA256())
        digest.update(text)
        return private.sign(digest.finalize())

    return sign
