"""The names and arguments of everything we declare on RabbitMQ, in one place."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from aio_pika import ExchangeType
from aio_pika.abc import AbstractChannel
from pamqp.common import FieldTable

from core.queues import INBOUND

SHARDS = 4
DELIVERY_LIMIT = 50
DELAYS = (1, 5, 30, 300)
# RabbitMQ 4 gives every quorum queue a limit of 20; looking at dead letters must not use it up.
_NEVER = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Topology:
    """Quorum queues behind one direct exchange; every name begins with the prefix.

    A message on its way back waits in the queue of its delay, reached by a fanout exchange, so
    that it keeps the name of its own queue as routing key and returns there when its time is up.
    """

    prefix: str

    @property
    def dead(self) -> str:
        return f"{self.prefix}.dead"

    def delay(self, after: timedelta) -> str:
        """The exchange of the shortest delay that is long enough, else of the longest."""
        fitting = [delay for delay in DELAYS if delay >= after.total_seconds()]
        return f"{self.prefix}.retry.{min(fitting, default=DELAYS[-1])}"

    def queues(self, queue: str) -> tuple[str, ...]:
        """The broker's queues behind one of ours: inbound is split, each part read by one consumer."""
        if queue != INBOUND:
            return (f"{self.prefix}.{queue}",)
        return tuple(f"{self.prefix}.{queue}.{shard}" for shard in range(SHARDS))

    def queue_for(self, queue: str, key: str) -> str:
        """Always the same one for the same key, in every process."""
        names = self.queues(queue)
        return names[int.from_bytes(hashlib.sha256(key.encode()).digest()[:4]) % len(names)]

    async def declare_ground(self, channel: AbstractChannel) -> None:
        """The exchange all go through, the dead letters, the delays; harmless when they exist."""
        exchange = await channel.declare_exchange(self.prefix, ExchangeType.DIRECT, durable=True)
        dead = await channel.declare_queue(self.dead, durable=True, arguments=self._dead_arguments())
        await dead.bind(exchange, self.dead)
        for delay in DELAYS:
            name = f"{self.prefix}.retry.{delay}"
            fanout = await channel.declare_exchange(name, ExchangeType.FANOUT, durable=True)
            arguments = self._delay_arguments(delay)
            waiting = await channel.declare_queue(name, durable=True, arguments=arguments)
            await waiting.bind(fanout)

    async def declare(self, channel: AbstractChannel, queue: str) -> None:
        """The broker's queues behind `queue`; harmless when they exist."""
        for name in self.queues(queue):
            arguments = self._arguments(is_split=queue == INBOUND)
            declared = await channel.declare_queue(name, durable=True, arguments=arguments)
            await declared.bind(self.prefix, name)

    def _arguments(self, *, is_split: bool) -> FieldTable:
        return {
            "x-queue-type": "quorum",
            "x-delivery-limit": DELIVERY_LIMIT,
            "x-dead-letter-exchange": self.prefix,
            "x-dead-letter-routing-key": self.dead,
            "x-dead-letter-strategy": "at-least-once",
            # Dropping the oldest is the broker's default and would lose mail (SECURITY.md M15).
            "x-overflow": "reject-publish",
            "x-single-active-consumer": is_split,
        }

    def _delay_arguments(self, delay: int) -> FieldTable:
        return {
            "x-queue-type": "quorum",
            "x-message-ttl": delay * 1000,
            "x-dead-letter-exchange": self.prefix,
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
        }

    def _dead_arguments(self) -> FieldTable:
        return {"x-queue-type": "quorum", "x-delivery-limit": _NEVER, "x-overflow": "reject-publish"}
