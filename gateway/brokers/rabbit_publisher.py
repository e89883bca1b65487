"""Publishing to RabbitMQ: pipelined confirms, a bounded number outstanding, no endless wait."""

import asyncio
from dataclasses import dataclass

from aio_pika.exceptions import PublishError
from aiormq import spec

from core.errors import Unavailable
from gateway.brokers.rabbit_session import Session, broker_trouble, open_session
from gateway.brokers.rabbit_topology import Topology

# 100 outstanding confirms are as fast as 1,000.
_OUTSTANDING = 200


@dataclass(frozen=True, slots=True)
class Parcel:
    """Bytes for an exchange and routing key; `queue` is what must be declared for them."""

    queue: str
    exchange: str
    routing_key: str
    body: bytes
    properties: spec.Basic.Properties


class Publisher:
    """One session for all that this process sends; a broken one is replaced by the next send."""

    def __init__(self, url: str, topology: Topology) -> None:
        self._url = url
        self._topology = topology
        self._session: Session | None = None
        self._opening = asyncio.Lock()
        self._attempts = 0
        self._free = asyncio.Semaphore(_OUTSTANDING)

    async def open(self) -> Session:
        """An open session; those who wait for one share the attempt, and its failure."""
        if self._session is not None and self._session.is_open:
            return self._session
        attempt = self._attempts
        async with self._opening:
            if self._session is not None and self._session.is_open:
                return self._session
            if self._attempts != attempt:
                raise Unavailable("the broker is away")
            await self.close()
            try:
                self._session = await open_session(self._url, self._topology)
            finally:
                self._attempts += 1
            return self._session

    async def send(self, parcel: Parcel) -> None:
        """Confirmed by the broker's queue, or `Unavailable` before long."""
        session: Session | None = None
        try:
            async with broker_trouble(), self._free:
                session = await self.open()
                await _send(session, parcel)
        except Unavailable as error:
            # Who does not confirm in time may be half gone; the next send starts afresh.
            if isinstance(error.__cause__, TimeoutError) and session is self._session:
                await self.close()
            raise

    async def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()


async def _send(session: Session, parcel: Parcel) -> None:
    await session.declare(parcel.queue)
    try:
        await _publish(session, parcel)
    except PublishError:
        # Unroutable: somebody deleted the queue. It is made again, for this very message.
        await session.declare(parcel.queue, again=True)
        await _publish(session, parcel)


async def _publish(session: Session, parcel: Parcel) -> None:
    await session.wire.basic_publish(
        parcel.body,
        exchange=parcel.exchange,
        routing_key=parcel.routing_key,
        properties=parcel.properties,
        mandatory=True,
        wait=False,
    )
