"""RabbitMQ as a queue: quorum queues, confirms, retries by delay queues, dead letters."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import timedelta

import structlog

from core.errors import Unavailable
from core.queues import Consumer, DeadLetter, Publication
from gateway.brokers.rabbit_consumer import RabbitConsumer, Source
from gateway.brokers.rabbit_dead import DeadLetters
from gateway.brokers.rabbit_message import Envelope
from gateway.brokers.rabbit_publisher import Parcel, Publisher
from gateway.brokers.rabbit_topology import Topology

_log = structlog.get_logger(__name__)


class RabbitQueue:
    """A durable queue on RabbitMQ; it starts, and goes on, while the broker is away."""

    def __init__(self, url: str, prefix: str) -> None:
        self._url = url
        self._topology = Topology(prefix)
        self._publisher = Publisher(url, self._topology)
        self._dead = DeadLetters(url, self._topology)

    async def open(self, queues: Sequence[str]) -> None:
        """Declare everything now if the broker is there, else with the first publication."""
        try:
            session = await self._publisher.open()
            for queue in queues:
                await session.declare(queue)
        except Unavailable as error:
            _log.warning("broker_away", cause=str(error))

    async def publish(self, queue: str, publications: Sequence[Publication]) -> None:
        if not publications:
            await self._publisher.open()
        if len(publications) == 1:
            await self._send(Envelope(queue, publications[0]))
            return
        sending = [self._send(Envelope(queue, each)) for each in publications]
        outcomes = await asyncio.gather(*sending, return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome

    async def _send(self, envelope: Envelope) -> None:
        name = self._topology.queue_for(envelope.queue, envelope.publication.key)
        await self._publisher.send(Parcel(
            envelope.queue, self._topology.prefix, name,
            envelope.publication.body, envelope.properties()))

    def consume(
        self, queue: str, *, limit: int, linger: timedelta
    ) -> AbstractAsyncContextManager[Consumer]:
        return self._consume(Source(self._url, self._topology, queue, limit, linger))

    @asynccontextmanager
    async def _consume(self, source: Source) -> AsyncIterator[Consumer]:
        consumer = RabbitConsumer(source, self._publisher)
        # Away now is no reason to give up: each batch asks for a session anew.
        with suppress(Unavailable):
            await consumer.open()
        try:
            yield consumer
        finally:
            await consumer.close()

    async def dead_letters(self) -> Sequence[DeadLetter]:
        return await self._dead.all()

    async def replay(self, dead_letter_id: str) -> bool:
        async def send_again(envelope: Envelope) -> None:
            await self._send(Envelope(envelope.queue, envelope.publication))

        return await self._dead.take(dead_letter_id, send_again)

    async def discard(self, dead_letter_id: str) -> bool:
        return await self._dead.take(dead_letter_id)

    async def close(self) -> None:
        await self._publisher.close()
