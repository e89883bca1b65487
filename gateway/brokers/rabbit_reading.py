"""Reading a queue over one session: what was delivered, what is unsettled, and whether it lives."""

import asyncio
from collections import deque
from collections.abc import Iterable
from contextlib import suppress

from aiormq.abc import DeliveredMessage

from core.errors import Unavailable
from gateway.brokers.rabbit_session import Session, broker_trouble

# A broker that does not answer an idle reader's question counts as gone: 4 s until it is asked,
# 10 s of patience.
_ASK = 4.0
_LOOK = 1.0


class Reading:
    """Ends with its session: what it had not settled then comes again, to whoever reads next."""

    def __init__(self, session: Session, queue: str) -> None:
        self._session = session
        self._names = session.topology.queues(queue)
        self._tags: set[str] = set()
        self._delivered: deque[DeliveredMessage] = deque()
        self._unsettled: dict[int, None] = {}
        self._news = asyncio.Event()
        self._is_lost = False

    async def start(self, limit: int) -> None:
        """Subscribe, with at most `limit` messages of each of the broker's queues under way."""
        async with broker_trouble():
            wire = self._session.wire
            await wire.basic_qos(prefetch_count=limit)
            for name in self._names:
                started = await wire.basic_consume(name, self._take)
                self._tags.add(str(started.consumer_tag))

    async def _take(self, message: DeliveredMessage) -> None:
        if message.delivery_tag is not None:
            self._unsettled[message.delivery_tag] = None
            self._delivered.append(message)
            self._news.set()

    @property
    def is_live(self) -> bool:
        """Whether what it holds is still its own, and more would come."""
        return (
            not self._is_lost
            and self._session.is_open
            # The broker cancels the consumers of a deleted queue.
            and self._tags <= self._session.wire.consumers.keys()
        )

    async def wait(self) -> bool:
        """Until something was delivered; False when the reading has died instead."""
        idle = 0.0
        while not self._delivered and self.is_live:
            self._news.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK):
                    await self._news.wait()
            idle += _LOOK
            if idle >= _ASK and not self._delivered:
                idle = 0.0
                await self._ask()
        return self.is_live

    async def _ask(self) -> None:
        try:
            async with broker_trouble():
                for name in self._names:
                    await self._session.wire.queue_declare(name, passive=True)
        except Unavailable:
            self._is_lost = True

    async def gather(self, limit: int, linger: float) -> list[DeliveredMessage]:
        """What was delivered, up to `limit`, after waiting a moment for more."""
        with suppress(TimeoutError):
            async with asyncio.timeout(linger):
                while len(self._delivered) < limit:
                    self._news.clear()
                    await self._news.wait()
        return [self._delivered.popleft() for _ in range(min(limit, len(self._delivered)))]

    async def ack(self, tags: Iterable[int]) -> None:
        """Settle them; when that cannot be told to the broker, the reading is over."""
        if not self.is_live:
            return
        done = set(tags)
        highest = 0
        for tag in self._unsettled:
            if tag not in done:
                break
            highest = tag
        try:
            async with broker_trouble():
                # Everything up to `highest` is done, so one word settles it all.
                if highest:
                    await self._session.wire.basic_ack(highest, multiple=True)
                for tag in sorted(tag for tag in done if tag > highest):
                    await self._session.wire.basic_ack(tag)
        except Unavailable:
            self._is_lost = True
        for tag in done:
            self._unsettled.pop(tag, None)

    async def close(self) -> None:
        """What is unsettled returns to the broker with the end of the connection."""
        self._is_lost = True
        await self._session.close()
