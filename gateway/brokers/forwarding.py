"""Store and forward: what the broker cannot take now waits in this process's own file (DESIGN.md §2.7)."""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, suppress
from datetime import timedelta

from core.errors import Unavailable
from core.queues import Consumer, DeadLetter, Publication, Queue
from gateway.brokers.backlog import Backlog
from gateway.brokers.forwarder import Forwarder
from gateway.brokers.rabbit_session import Declined


class ForwardingQueue:
    """The queue of `broker`, which goes on taking messages while the broker is away.

    Messages that share a key keep their order: while one waits, those that come wait behind it.
    A crash may send one twice (its reader drops the second), never lose it.
    """

    def __init__(self, broker: Queue, backlog: Backlog) -> None:
        self._broker = broker
        self._backlog = backlog
        self._forwarder = Forwarder(backlog, broker)
        self._running: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Learn what waits and begin to forward it. Raises `Unavailable`, `Misconfigured`."""
        await self._backlog.open()
        self._running = asyncio.create_task(self._forwarder.run(), name="forwarder")

    async def publish(self, queue: str, publications: Sequence[Publication]) -> None:
        if not publications:
            await self._ask(queue)
            return
        behind: list[Publication] = []
        straight: list[Publication] = []
        for each in publications:
            must_wait = self._forwarder.is_away or self._backlog.holds(queue, each.key)
            (behind if must_wait else straight).append(each)
        if behind:
            await self._store(queue, behind)
        if straight:
            await self._send(queue, straight)

    async def _send(self, queue: str, publications: Sequence[Publication]) -> None:
        try:
            await self._broker.publish(queue, publications)
        except Unavailable as trouble:
            if not isinstance(trouble, Declined):
                self._forwarder.went_away(trouble)
            await self._store(queue, publications)

    async def _store(self, queue: str, publications: Sequence[Publication]) -> None:
        await self._backlog.add(queue, publications)
        self._forwarder.tell()

    async def _ask(self, queue: str) -> None:
        """Either of the two is enough."""
        try:
            await self._backlog.require_room()
        except Unavailable:
            await self._broker.publish(queue, [])

    def consume(
        self, queue: str, *, limit: int, linger: timedelta
    ) -> AbstractAsyncContextManager[Consumer]:
        return self._broker.consume(queue, limit=limit, linger=linger)

    async def dead_letters(self) -> Sequence[DeadLetter]:
        return await self._broker.dead_letters()

    async def replay(self, dead_letter_id: str) -> bool:
        return await self._broker.replay(dead_letter_id)

    async def discard(self, dead_letter_id: str) -> bool:
        return await self._broker.discard(dead_letter_id)

    async def close(self) -> None:
        if self._running is not None:
            self._running.cancel()
            with suppress(asyncio.CancelledError):
                await self._running
        await self._backlog.close()
        await self._broker.close()
