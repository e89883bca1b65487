"""The queue port: what core and gateway ask of any broker, local or RabbitMQ."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

INBOUND = "inbound"
MAX_ATTEMPTS = 5


def outbound(channel: str) -> str:
    """The queue of deliveries that leave by `channel`."""
    return f"outbound.{channel}"


@dataclass(frozen=True, slots=True)
class Publication:
    """One message for a queue; those that share `key` are handed out in order."""

    message_id: str
    key: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Lease:
    """A message handed to one consumer until it is settled.

    `attempt` counts our own handler's failures; `redelivered` says that a consumer had it before
    and went away without a word, so it is handled alone.
    """

    publication: Publication
    attempt: int
    redelivered: bool
    handle: object


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that failed `MAX_ATTEMPTS` times, kept with its reason until replayed."""

    id: str
    queue: str
    reason: str
    died_at: datetime


class Consumer(Protocol):
    """One reader of one queue. Every lease is settled exactly once, by one of the three verbs."""

    async def next_batch(self) -> Sequence[Lease]:
        """Wait for at least one message, linger a moment for more, return up to the limit."""

    async def ack(self, leases: Sequence[Lease]) -> None:
        """They are done and never come again."""

    async def retry(self, lease: Lease, after: timedelta) -> None:
        """Hand it out again no sooner than `after`, with `attempt` one higher."""

    async def bury(self, lease: Lease, reason: str) -> None:
        """Set it aside among the dead letters; `reason` holds no personal data."""


class Publisher(Protocol):
    """Where a door puts what it took. `publish` returns only when the message survives a crash."""

    async def publish(self, queue: str, publications: Sequence[Publication]) -> None:
        """Store all of them durably, or raise `errors.Unavailable`; of none, tell only whether it could."""


class Queue(Publisher, Protocol):
    """A durable queue, with both its ends."""

    def consume(
        self, queue: str, *, limit: int, linger: timedelta
    ) -> AbstractAsyncContextManager[Consumer]:
        """Read `queue` in batches of at most `limit`; unsettled leases return at the end."""

    async def dead_letters(self) -> Sequence[DeadLetter]:
        """All dead letters, oldest first."""

    async def replay(self, dead_letter_id: str) -> bool:
        """Put it back on its queue with `attempt` zero; False when there is none."""

    async def discard(self, dead_letter_id: str) -> bool:
        """Drop it for ever; False when there is none."""

    async def close(self) -> None:
        """Finish what is under way and let go of files and connections."""
