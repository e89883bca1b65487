"""Any queue, with bodies that only we can read: the broker keeps ciphertext and opaque keys."""

import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import timedelta

from core.errors import Unavailable
from core.keys import SealingKeys
from core.queues import Consumer, DeadLetter, Lease, Publication, Queue
from gateway.metrics import count_published

UNREADABLE = "cannot be opened"


class SealedQueue:
    """Seals each body to its queue and message id, and hides what the order keys are made of."""

    def __init__(self, queue: Queue, sealing: SealingKeys) -> None:
        self._queue = queue
        self._sealing = sealing

    async def publish(self, queue: str, publications: Sequence[Publication]) -> None:
        try:
            await self._queue.publish(queue, [self._sealed(queue, each) for each in publications])
        except Unavailable:
            count_published(queue, "unavailable", len(publications))
            raise
        count_published(queue, "confirmed", len(publications))

    def _sealed(self, queue: str, publication: Publication) -> Publication:
        body = self._sealing.seal(publication.body, _context(queue, publication))
        # A key may hold a stranger's Message-ID, in any characters.
        key = hashlib.sha256(publication.key.encode("utf-8", "backslashreplace")).hexdigest()[:32]
        return replace(publication, key=key, body=body)

    def consume(
        self, queue: str, *, limit: int, linger: timedelta
    ) -> AbstractAsyncContextManager[Consumer]:
        return self._consume(queue, limit, linger)

    @asynccontextmanager
    async def _consume(self, queue: str, limit: int, linger: timedelta) -> AsyncIterator[Consumer]:
        async with self._queue.consume(queue, limit=limit, linger=linger) as consumer:
            yield _OpeningConsumer(consumer, queue, self._sealing)

    async def dead_letters(self) -> Sequence[DeadLetter]:
        return await self._queue.dead_letters()

    async def replay(self, dead_letter_id: str) -> bool:
        return await self._queue.replay(dead_letter_id)

    async def discard(self, dead_letter_id: str) -> bool:
        return await self._queue.discard(dead_letter_id)

    async def close(self) -> None:
        await self._queue.close()


class _OpeningConsumer:
    def __init__(self, consumer: Consumer, queue: str, sealing: SealingKeys) -> None:
        self._consumer = consumer
        self._queue = queue
        self._sealing = sealing
        self._batch: list[Lease] = []

    async def next_batch(self) -> Sequence[Lease]:
        """Only what opens; the rest is buried, and can be replayed once its key is back."""
        while not self._batch:
            # Kept before anything is buried: a cancelled call loses no lease.
            leases = await self._consumer.next_batch()
            opened = [self._opened(lease) for lease in leases]
            self._batch = [lease for lease in opened if lease is not None]
            for lease, readable in zip(leases, opened, strict=True):
                if readable is None:
                    await self._consumer.bury(lease, UNREADABLE)
        batch, self._batch = self._batch, []
        return batch

    def _opened(self, lease: Lease) -> Lease | None:
        try:
            body = self._sealing.open(
                lease.publication.body, _context(self._queue, lease.publication))
        except ValueError:
            return None
        return replace(lease, publication=replace(lease.publication, body=body))

    async def ack(self, leases: Sequence[Lease]) -> None:
        await self._consumer.ack(leases)

    async def retry(self, lease: Lease, after: timedelta) -> None:
        await self._consumer.retry(lease, after)

    async def bury(self, lease: Lease, reason: str) -> None:
        await self._consumer.bury(lease, reason)


def _context(queue: str, publication: Publication) -> str:
    return f"{queue}/{publication.message_id}"
