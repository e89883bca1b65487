"""Random texts that open a door, handed out once and kept only as their digest."""

import hashlib
import secrets

from core.keys import SigningKeys


def new_secret() -> str:
    """256 random bits as 43 letters, digits, - and _."""
    return secrets.token_urlsafe(32)


def digest_of(secret: str) -> str:
    """What is kept of a secret; so many random bits need no salt."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def one_time_secret(link: str, signing: SigningKeys) -> str:
    """The secret of a one-time link that travels by mail: made again at every try to send it, kept nowhere."""
    return signing.mac("one-time-link", link)
