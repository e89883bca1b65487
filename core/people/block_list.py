"""The block list as the doors ask it: read whole, kept for two seconds, and looked up without a query."""

import asyncio
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta

import asyncpg
from tortoise.exceptions import BaseORMException

from core.database import AWAY_ERRORS, query
from core.errors import Unavailable
from core.keys import SigningKeys

FRESH = timedelta(seconds=2)
STALE = timedelta(minutes=15)
_MAX_LABELS = 10
_PATIENCE_SECONDS = 5.0
# Reading the list cannot be wrong in itself, so whatever the database answers instead is its trouble.
_AWAY = (BaseORMException, asyncpg.PostgresError, *AWAY_ERRORS)


class BlockList:
    """The list as the doors ask it: at most two seconds old while the database answers.

    While it does not, the list last read serves for a quarter of an hour, then `Unavailable`. `clock`
    counts seconds and never goes back.
    """

    def __init__(self, signing: SigningKeys, clock: Callable[[], float] = time.monotonic) -> None:
        self._signing = signing
        self._clock = clock
        self._hashes: frozenset[str] = frozenset()
        self._read_at = self._tried_at = float("-inf")
        self._reading = asyncio.Lock()

    async def holds(self, addresses: Iterable[str], now: datetime) -> bool:
        """Whether one of `addresses`, its domain or a domain above it is blocked."""
        if self._clock() - self._read_at >= FRESH.total_seconds():
            await self._read(now)
        if not self._hashes:
            return False
        keys = {key for each in addresses for key in keys_of(each)}
        return any(self._signing.pseudonym(key) in self._hashes for key in keys)

    async def _read(self, now: datetime) -> None:
        asked_at = self._clock()
        async with self._reading:
            # Whoever waited for another's try shares its outcome: a database that hangs delays nobody twice.
            if self._tried_at < asked_at:
                await self._try(now)
                self._tried_at = self._clock()
        if self._clock() - self._read_at >= STALE.total_seconds():
            raise Unavailable("the block list cannot be read")

    async def _try(self, now: datetime) -> None:
        at = self._clock()
        with suppress(*_AWAY):
            async with asyncio.timeout(_PATIENCE_SECONDS):
                rows = await query(
                    'SELECT "key_hash" FROM "block" WHERE "expires_at" IS NULL OR "expires_at" > $1', [now]
                )
            self._hashes, self._read_at = frozenset(str(row["key_hash"]) for row in rows), at


def keys_of(address: str) -> list[str]:
    """The address, its domain, and the domains above that have a dot."""
    address = address.lower()
    _, at, domain = address.rpartition("@")
    if not at:
        return []
    labels = domain.removesuffix(".").split(".")[-_MAX_LABELS:]
    return [address, *(".".join(labels[start:]) for start in range(max(len(labels) - 1, 1)))]
