"""The embedded broker: one SQLite file, group commit, leases, delays and dead letters."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from uuid import uuid4

from core.errors import Unavailable
from core.queues import Consumer, DeadLetter, Publication
from gateway.brokers import local_file
from gateway.brokers.group_commit import GroupCommit
from gateway.brokers.local_consumer import LocalConsumer
from gateway.brokers.patience import persist
from gateway.brokers.presence import Presence


class LocalQueue:
    """A durable queue in `<data dir>/queue.sqlite3`; several processes may open it."""

    def __init__(self, path: Path) -> None:
        self._commits = GroupCommit(partial(local_file.open_file, path))
        self._presence = Presence(path.with_suffix(".consumers"))
        self._news: dict[str, set[asyncio.Event]] = {}

    async def publish(self, queue: str, publications: Sequence[Publication]) -> None:
        await self._commits.submit(lambda db: local_file.insert(db, queue, publications))
        for event in self._news.get(queue, ()):
            event.set()

    def consume(
        self, queue: str, *, limit: int, linger: timedelta
    ) -> AbstractAsyncContextManager[Consumer]:
        return self._consume(local_file.Claim(queue, uuid4().hex, limit), linger)

    @asynccontextmanager
    async def _consume(self, claim: local_file.Claim, linger: timedelta) -> AsyncIterator[Consumer]:
        await persist(self._enter, "queue_file_unavailable")
        consumer = LocalConsumer(self._commits, claim, linger)
        listeners = self._news.setdefault(claim.queue, set())
        listeners.add(consumer.news)
        consumer.extend_later()
        try:
            yield consumer
        finally:
            listeners.discard(consumer.news)
            # When the file cannot be written the leases expire by themselves.
            with suppress(Unavailable):
                await consumer.end()

    async def _enter(self) -> None:
        await self._presence.enter(lambda: self._commits.submit(local_file.expire_all))

    async def dead_letters(self) -> Sequence[DeadLetter]:
        dead: list[DeadLetter] = await self._commits.submit(local_file.list_dead)
        return dead

    async def replay(self, dead_letter_id: str) -> bool:
        found = await self._commits.submit(lambda db: local_file.replay(db, dead_letter_id))
        return bool(found)

    async def discard(self, dead_letter_id: str) -> bool:
        found = await self._commits.submit(lambda db: local_file.discard(db, dead_letter_id))
        return bool(found)

    async def close(self) -> None:
        await self._commits.close()
        self._presence.leave()
