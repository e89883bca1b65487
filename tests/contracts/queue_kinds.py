"""Every kind of queue under one contract, and how each is opened, also from another process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from core.keys import Key, SealingKeys
from core.queues import Queue
from gateway.brokers import BACKLOG, QUEUES
from gateway.brokers.backlog import Backlog
from gateway.brokers.forwarding import ForwardingQueue
from gateway.brokers.local import LocalQueue
from gateway.brokers.rabbitmq import RabbitQueue
from gateway.brokers.sealed import SealedQueue

SEALING = SealingKeys([Key("test", b"s" * 32)])


@dataclass(frozen=True)
class Store:
    """Where a queue keeps its messages: `local` in a file, `rabbitmq` and `forwarding` under a prefix.

    `folder` is where a forwarding queue keeps what waits; without one it lasts as long as the queue is open.
    """

    kind: str
    place: str
    prefix: str = ""
    is_sealed: bool = False
    folder: str = ""
    max_bytes: int = 1_000_000_000

    @asynccontextmanager
    async def opened(self, sealing: SealingKeys = SEALING) -> AsyncIterator[Queue]:
        async with self.bare() as queue:
            yield SealedQueue(queue, sealing) if self.is_sealed else queue

    @asynccontextmanager
    async def bare(self) -> AsyncIterator[Queue]:
        """The queue as the broker sees it, without our seal."""
        with TemporaryDirectory() as folder:
            queue = await self._open(Path(self.folder or folder))
            try:
                yield queue
            finally:
                await queue.close()

    async def _open(self, folder: Path) -> Queue:
        if self.kind == "local":
            return LocalQueue(Path(self.place))
        broker = RabbitQueue(self.place, self.prefix)
        if self.kind == "rabbitmq":
            await broker.open(QUEUES)
            return broker
        queue = ForwardingQueue(broker, Backlog(folder / BACKLOG, self.max_bytes))
        await queue.open()
        await broker.open(QUEUES)
        return queue

    def arguments(self) -> list[str]:
        """The store as words of a command line."""
        return [self.kind, self.place, self.prefix, str(int(self.is_sealed)), self.folder]


def store_of(kind: str, place: str, prefix: str, sealed: str, folder: str) -> Store:
    """Back from the words."""
    return Store(kind, place, prefix, sealed == "1", folder)
