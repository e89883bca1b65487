"""Another process at a queue: `publish` without end, or `hold` what it gets, until it is killed."""

import asyncio
import sys
from datetime import timedelta
from itertools import count

from core.queues import INBOUND, Publication, Queue
from tests.contracts.queue_kinds import store_of

PUBLISHERS = 20


async def main(verb: str, store: list[str]) -> None:
    async with store_of(*store).opened() as queue:
        await {"publish": publish, "hold": hold}[verb](queue)


async def publish(queue: Queue) -> None:
    """Tell each id once its publication is confirmed."""
    numbers = count()
    async with asyncio.TaskGroup() as group:
        for _ in range(PUBLISHERS):
            group.create_task(publish_from(queue, numbers))


async def publish_from(queue: Queue, numbers: "count[int]") -> None:
    for number in numbers:
        name = f"m{number}"
        await queue.publish(INBOUND, [Publication(name, f"key{number % 7}", b"body of " + name.encode())])
        print(name, flush=True)


async def hold(queue: Queue) -> None:
    """Tell each id that was handed out, and settle none."""
    async with queue.consume(INBOUND, limit=100, linger=timedelta(0)) as consumer:
        while True:
            for lease in await consumer.next_batch():
                print(lease.publication.message_id, flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2:]))
