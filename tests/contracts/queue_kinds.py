"""Every kind of queue under one contract, and how each is opened, also from another process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from core.keys import Key, SealingKeys
from core.queues import Queue
from gateway.brokers import QUEUES
from gateway.brokers.local import LocalQueue
from gateway.brokers.rabbitmq import RabbitQueue
from gateway.brokers.sealed import SealedQueue

SEALING = SealingKeys([Key("test", b"s" * 32)])


@dataclass(frozen=True)
class Store:
    """Where a queue keeps its messages: `local` in a file, `rabbitmq` under a prefix."""

    kind: str
    place: str
    prefix: str = ""
    is_sealed: bool = False

    @asynccontextmanager
    async def opened(self, sealing: SealingKeys = SEALING) -> AsyncIterator[Queue]:
        async with self.bare() as queue:
            yield SealedQueue(queue, sealing) if self.is_sealed else queue

    @asynccontextmanager
    async def bare(self) -> AsyncIterator[Queue]:
        """The queue as the broker sees it, without our seal."""
        queue = await self._open()
        try:
            yield queue
        finally:
            await queue.close()

    async def _open(self) -> Queue:
        if self.kind == "local":
            return LocalQueue(Path(self.place))
        queue = RabbitQueue(self.place, self.prefix)
        await queue.open(QUEUES)
        return queue

    def arguments(self) -> list[str]:
        """The store as words of a command line."""
        return [self.kind, self.place, self.prefix, str(int(self.is_sealed))]


def store_of(kind: str, place: str, prefix: str, sealed: str) -> Store:
    """Back from the words."""
    return Store(kind, place, prefix, sealed == "1")
