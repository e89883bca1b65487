"""The dead letters on RabbitMQ: looked at without taking, taken one by one."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiormq import spec
from aiormq.abc import DeliveredMessage

from core.queues import DeadLetter
from gateway.brokers.rabbit_message import Envelope, dead_letter_of, envelope_of
from gateway.brokers.rabbit_session import Session, broker_trouble, open_session
from gateway.brokers.rabbit_topology import Topology


class DeadLetters:
    """Everything is fetched, only what is taken is settled; the rest returns in its order."""

    def __init__(self, url: str, topology: Topology) -> None:
        self._url = url
        self._topology = topology

    async def all(self) -> list[DeadLetter]:
        """Oldest first."""
        async with self._looking() as (_, messages):
            letters = [dead_letter_of(message) for message in messages]
        return sorted(letters, key=lambda letter: letter.died_at)

    async def take(
        self, letter_id: str, first: Callable[[Envelope], Awaitable[None]] | None = None
    ) -> bool:
        """Remove what carries this id, after `first` was done with it; False when there is none."""
        is_found = False
        async with self._looking() as (session, messages):
            for message in messages:
                envelope = envelope_of(message)
                if envelope.publication.message_id != letter_id:
                    continue
                if first is not None:
                    await first(envelope)
                async with broker_trouble():
                    await session.wire.basic_ack(message.delivery_tag or 0)
                is_found = True
        return is_found

    @asynccontextmanager
    async def _looking(self) -> AsyncIterator[tuple[Session, list[DeliveredMessage]]]:
        session = await open_session(self._url, self._topology)
        try:
            messages = await self._fetch_all(session)
            yield session, messages
            async with broker_trouble():
                await self._give_back(session, messages)
        finally:
            await session.close()

    async def _fetch_all(self, session: Session) -> list[DeliveredMessage]:
        messages: list[DeliveredMessage] = []
        while True:
            async with broker_trouble():
                message = await session.wire.basic_get(self._topology.dead)
            if not isinstance(message.delivery, spec.Basic.GetOk):
                return messages
            messages.append(message)

    async def _give_back(self, session: Session, messages: list[DeliveredMessage]) -> None:
        if messages:
            # Tag 0 with `multiple` means all that is unsettled; the question after it makes sure
            # that the broker has done it before somebody looks again.
            await session.wire.basic_nack(0, multiple=True, requeue=True)
            await session.wire.queue_declare(self._topology.dead, passive=True)
