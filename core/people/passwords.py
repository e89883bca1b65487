"""Passwords: Argon2id (RFC 9106 §4), reckoned in two threads of their own."""

import asyncio
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

MAX_LENGTH = 1_024

_hasher = PasswordHasher()
# Two hashes at once take 128 MiB and two cores; more would only be a way to exhaust us.
_threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="argon2")


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
