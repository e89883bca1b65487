"""The queue alone: publish with 100 confirms outstanding, consume in batches, beside the bare client."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from benchmarks import bare_rabbit
from benchmarks.programs import Meter
from benchmarks.sizes import Ground, Size, ground
from benchmarks.table import Figure, Run
from core.keys import Key, SealingKeys
from core.queues import INBOUND, Publication, Queue
from gateway.brokers.local import LocalQueue
from gateway.brokers.rabbitmq import RabbitQueue
from gateway.brokers.sealed import SealedQueue

COUNT = 3_000
OUTSTANDING = 100
BATCH = 100
BODY = os.urandom(4_096)


@dataclass(frozen=True)
class Both:
    """Rates of publishing and of consuming."""

    publish: Run
    consume: Run


def figures(size: Size, runs: int) -> Iterator[Figure]:
    """Two figures; the bare client stands beside RabbitMQ only, for the local queue has no other."""
    ours = [_run(size, _port) for _ in range(runs)]
    bare = [_run(size, _bare) for _ in range(runs)] if size.has_servers else []
    for verb in ("publish", "consume"):
        yield Figure(
            f"queue {verb} 4 KiB, {size.name}", [getattr(each, verb) for each in ours],
            [getattr(each, verb) for each in bare], "bare aio-pika" if bare else "",
        )  # fmt: skip


def _run(size: Size, measure: Callable[[Ground], Awaitable[Both]]) -> Both:
    async def main(place: Ground) -> Both:
        return await measure(place)

    with ground(size) as place:
        return asyncio.run(main(place))


async def _port(place: Ground) -> Both:
    async with _open(place) as queue:

        async def publish(number: int) -> None:
            await queue.publish(INBOUND, [Publication(f"m{number}", f"k{number}", BODY)])

        published = await _published(publish, place)
        async with queue.consume(INBOUND, limit=BATCH, linger=timedelta(milliseconds=5)) as consumer:

            async def take() -> int:
                leases = await consumer.next_batch()
                await consumer.ack(leases)
                return len(leases)

            return Both(published, await _consumed(take, place))


@asynccontextmanager
async def _open(place: Ground) -> AsyncIterator[Queue]:
    queue: LocalQueue | RabbitQueue
    if place.broker_url == "local:":
        queue = LocalQueue(place.folder / "queue.sqlite3")
    else:
        queue = RabbitQueue(place.broker_url, place.prefix)
        await queue.open([INBOUND])
    try:
        yield SealedQueue(queue, SealingKeys([Key("bench", b"0" * 32)]))
    finally:
        await queue.close()


async def _bare(place: Ground) -> Both:
    name = f"{place.prefix}-bare"
    try:
        async with bare_rabbit.bare_rabbit(place.broker_url, name) as queue:
            published = await _published(lambda _: queue.publish(BODY), place)

            async def take() -> int:
                batch = await queue.next_batch(BATCH)
                await queue.ack(batch)
                return len(batch)

            return Both(published, await _consumed(take, place))
    finally:
        await bare_rabbit.delete(place.broker_url, name)


async def _published(publish: Callable[[int], Awaitable[None]], place: Ground) -> Run:
    numbers = iter(range(COUNT))

    async def one_after_the_other() -> None:
        for number in numbers:
            await publish(number)

    meter, began = _meter(place), time.monotonic()
    await asyncio.gather(*(one_after_the_other() for _ in range(OUTSTANDING)))
    return Run(COUNT / (time.monotonic() - began), meter.ms_each(COUNT))


async def _consumed(take: Callable[[], Awaitable[int]], place: Ground) -> Run:
    meter, began, taken = _meter(place), time.monotonic(), 0
    while taken < COUNT:
        taken += await take()
    return Run(COUNT / (time.monotonic() - began), meter.ms_each(COUNT))


def _meter(place: Ground) -> Meter:
    return Meter([os.getpid()], with_servers=place.has_servers)
