"""A consumer of RabbitMQ that reads again after every kind of break, without help."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from aiormq.abc import DeliveredMessage

from core import clock
from core.queues import Lease
from gateway.brokers.patience import persist
from gateway.brokers.rabbit_message import Envelope, envelope_of, was_delivered
from gateway.brokers.rabbit_publisher import Parcel, Publisher
from gateway.brokers.rabbit_reading import Reading
from gateway.brokers.rabbit_session import open_session
from gateway.brokers.rabbit_topology import Topology


@dataclass(frozen=True, slots=True)
class Source:
    """Which queue is read, where, and in what portions."""

    url: str
    topology: Topology
    queue: str
    limit: int
    linger: timedelta


@dataclass(frozen=True, slots=True)
class _Held:
    """A lease is worth as much as the reading it came by: afterwards the broker gives it anew."""

    reading: Reading
    tag: int
    envelope: Envelope


class RabbitConsumer:
    """Opens a session when it needs one, so whatever ended the last one needs no name."""

    def __init__(self, source: Source, publisher: Publisher) -> None:
        self._source = source
        self._publisher = publisher
        self._reading: Reading | None = None

    async def next_batch(self) -> Sequence[Lease]:
        while True:
            reading = await persist(self.open, "broker_away")
            if not await reading.wait():
                continue
            messages = await reading.gather(
                self._source.limit, self._source.linger.total_seconds())
            return [self._lease(reading, message) for message in messages]

    async def open(self) -> Reading:
        """The reading that goes on, else a new one, or `Unavailable`."""
        if self._reading is not None and self._reading.is_live:
            return self._reading
        await self.close()
        session = await open_session(self._source.url, self._source.topology)
        reading = Reading(session, self._source.queue)
        try:
            await session.declare(self._source.queue)
            await reading.start(self._source.limit)
        except BaseException:
            await session.close()
            raise
        self._reading = reading
        return reading

    def _lease(self, reading: Reading, message: DeliveredMessage) -> Lease:
        envelope = envelope_of(message)
        held = _Held(reading, message.delivery_tag or 0, envelope)
        return Lease(envelope.publication, envelope.attempt, was_delivered(message), held)

    async def ack(self, leases: Sequence[Lease]) -> None:
        tags: dict[Reading, list[int]] = {}
        for lease in leases:
            held = _held(lease)
            tags.setdefault(held.reading, []).append(held.tag)
        for reading, settled in tags.items():
            await reading.ack(settled)

    async def retry(self, lease: Lease, after: timedelta) -> None:
        """At most 300 s; longer waits are the business of whoever keeps rows."""
        envelope = _held(lease).envelope
        # The copy is made of what arrived: the lease's own body may have been opened since.
        again = Envelope(envelope.queue, envelope.publication, envelope.attempt + 1)
        await self._move(lease, self._parcel(again, self._source.topology.delay(after)))

    async def bury(self, lease: Lease, reason: str) -> None:
        envelope, topology = _held(lease).envelope, self._source.topology
        properties = envelope.properties(**{"reason": reason, "died-at": clock.now().isoformat()})
        await self._move(lease, Parcel(
            self._source.queue, topology.prefix, topology.dead, envelope.publication.body, properties))

    def _parcel(self, envelope: Envelope, exchange: str) -> Parcel:
        name = self._source.topology.queue_for(envelope.queue, envelope.publication.key)
        return Parcel(
            self._source.queue, exchange, name, envelope.publication.body, envelope.properties())

    async def _move(self, lease: Lease, copy: Parcel) -> None:
        """Copy first, then settle: a crash in between makes two of it, never none."""
        held = _held(lease)
        await persist(lambda: self._send_while_held(held, copy), "broker_away")
        await held.reading.ack([held.tag])

    async def _send_while_held(self, held: _Held, copy: Parcel) -> None:
        if held.reading.is_live:
            await self._publisher.send(copy)

    async def close(self) -> None:
        """Unsettled leases return to the broker."""
        reading, self._reading = self._reading, None
        if reading is not None:
            await reading.close()


def _held(lease: Lease) -> _Held:
    return cast("_Held", lease.handle)
