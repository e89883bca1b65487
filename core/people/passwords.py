"""Passwords: Argon2id (RFC 9106 §4), reckoned in two threads of their own."""

import asyncio
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from core.errors import InvalidFields

MAX_LENGTH = 1_024
MIN_LENGTH = 10
_MIN_DIFFERENT = 3  # `1111111111` is long and the first guess of everybody

_hasher = PasswordHasher()
# Two hashes at once take 128 MiB and two cores; more would only be a way to exhaust us.
_threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="argon2")


def require_fit(password: str, address: str) -> None:
    """Raise `InvalidFields` unless somebody of `address` may choose it (W09; NIST SP 800-63B §5.1.1.2)."""
    chosen = _normal(password[: MAX_LENGTH + 1])
    errors = []
    if len(password) > MAX_LENGTH or not MIN_LENGTH <= len(chosen) <= MAX_LENGTH:
        errors.append("must have between 10 and 1,024 characters")
    if chosen.strip().casefold() in (address.casefold(), address.partition("@")[0].casefold()):
        errors.append("must not be your address")
    if len(set(chosen)) < _MIN_DIFFERENT:
        errors.append("must have more different characters")
    if errors:
        raise InvalidFields({"password": errors})


async def hashed(password: str) -> str:
    """The hash to keep of `password`; ValueError when it is empty or over `MAX_LENGTH`."""
    if not password or len(password) > MAX_LENGTH:
        raise ValueError("a password has between 1 and 1,024 characters")
    return await asyncio.get_running_loop().run_in_executor(_threads, _hasher.hash, _normal(password))


async def matches(password_hash: str | None, password: str) -> bool:
    """Whether `password` belongs to the hash; without a hash it takes as long and says no."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_threads, _matches, password_hash, password[:MAX_LENGTH])


def _matches(password_hash: str | None, password: str) -> bool:
    try:
        return _hasher.verify(password_hash or _nobodys_hash(), _normal(password)) and bool(password_hash)
    except (Argon2Error, InvalidHashError):
        return False


def _normal(password: str) -> str:
    """One text for every way a keyboard composes it (RFC 8265 §4.2 asks NFC; NIST 800-63B NFKC)."""
    return unicodedata.normalize("NFKC", password)


@cache
def _nobodys_hash() -> str:
    return _hasher.hash("nobody")
