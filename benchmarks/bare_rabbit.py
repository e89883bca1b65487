"""RabbitMQ through aio-pika and nothing else: one quorum queue, confirms, acks of whole batches."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

PREFETCH = 200


class BareRabbit:
    """Publishes confirmed, consumes in batches."""

    def __init__(self, channel: AbstractChannel, queue: aio_pika.abc.AbstractQueue) -> None:
        self._channel = channel
        self._queue = queue
        self._arrived: asyncio.Queue[AbstractIncomingMessage] = asyncio.Queue()
        self._consuming = False

    async def publish(self, body: bytes) -> None:
        message = aio_pika.Message(body, delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
        await self._channel.default_exchange.publish(message, self._queue.name, mandatory=True)

    async def next_batch(self, limit: int) -> list[AbstractIncomingMessage]:
        if not self._consuming:
            self._consuming = True
            await self._channel.set_qos(PREFETCH)
            await self._queue.consume(self._arrived.put)
        batch = [await self._arrived.get()]
        await asyncio.sleep(0.005)
        while len(batch) < limit and not self._arrived.empty():
            batch.append(self._arrived.get_nowait())
        return batch

    async def ack(self, batch: Sequence[AbstractIncomingMessage]) -> None:
        await batch[-1].ack(multiple=True)


@asynccontextmanager
async def bare_rabbit(url: str, name: str) -> AsyncIterator[BareRabbit]:
    """Declared under `name`; the queue stays, for others may share it."""
    connection = await aio_pika.connect(url)
    async with connection:
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        queue = await channel.declare_queue(name, durable=True, arguments={"x-queue-type": "quorum"})
        yield BareRabbit(channel, queue)


async def delete(url: str, name: str) -> None:
    """The queue is gone."""
    connection = await aio_pika.connect(url)
    async with connection, connection.channel() as channel:
        await channel.queue_delete(name)
