"""A second reader of everything that is published on a broker: copies of the messages, as anybody there sees them."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import aio_pika

from gateway.brokers import QUEUES
from gateway.brokers.rabbit_topology import DELAYS, Topology


@dataclass(frozen=True)
class Seen:
    """One published message: the queue it went to, its properties and headers as text, and its body."""

    routing_key: str
    properties: str
    body: bytes


@dataclass(frozen=True)
class Spy:
    """Listens on every queue of a prefix."""

    url: str
    topology: Topology

    @property
    def queue(self) -> str:
        return f"{self.topology.prefix}.spy"

    @property
    def names(self) -> list[str]:
        """Every queue and exchange that the prefix stands for."""
        delays = [f"{self.topology.prefix}.retry.{delay}" for delay in DELAYS]
        return [name for queue in QUEUES for name in self.topology.queues(queue)] + [*delays, self.topology.dead]

    def seen(self) -> list[Seen]:
        """What was published since the last time."""
        return asyncio.run(self._take())

    async def _take(self) -> list[Seen]:
        found: list[Seen] = []
        connection = await aio_pika.connect(self.url, timeout=30)
        async with connection, connection.channel() as channel:
            queue = await channel.get_queue(self.queue)
            while (message := await queue.get(no_ack=True, fail=False)) is not None:
                found.append(Seen(message.routing_key or "", str(message.info()), message.body))
        return found

    async def listen(self) -> None:
        connection = await aio_pika.connect(self.url, timeout=30)
        async with connection, connection.channel() as channel:
            await self.topology.declare_ground(channel)
            queue = await channel.declare_queue(self.queue, durable=True)
            for name in self.names:
                await queue.bind(self.topology.prefix, name)

    async def leave(self) -> None:
        connection = await aio_pika.connect(self.url, timeout=30)
        async with connection, connection.channel() as channel:
            await channel.queue_delete(self.queue)


@contextmanager
def listening(url: str, prefix: str) -> Iterator[Spy]:
    """A spy on `prefix`, in place before the first process starts."""
    spy = Spy(url, Topology(prefix))
    asyncio.run(spy.listen())
    try:
        yield spy
    finally:
        asyncio.run(spy.leave())
