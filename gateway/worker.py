"""The intake worker: reads what the doors published, in batches, until every message has its end."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from itertools import groupby

import structlog

from core import clock
from core.database import is_reachable
from core.deliveries import DeliveryRef, announce
from core.errors import Unavailable
from core.message import Bounce, Inbound, RefusedMessage, decode
from core.queues import INBOUND, MAX_ATTEMPTS, Consumer, Lease, Queue
from core.tickets.intake import file_batch
from core.tickets.office import Office
from gateway.brokers.patience import persist
from gateway.metrics import count_filed

BATCH = 100
LINGER = timedelta(milliseconds=5)
# No single message may keep the queue longer (SECURITY.md X08).
DEADLINE = 60.0
DELAYS = (timedelta(seconds=1), timedelta(seconds=5), timedelta(seconds=30), timedelta(minutes=5))

Filer = Callable[[Sequence[Inbound], Office, datetime], Awaitable[list[DeliveryRef]]]

_log = structlog.get_logger(__name__)


async def work(queue: Queue, office: Office, file: Filer = file_batch) -> None:
    """File what comes in, for ever; a message leaves the queue filed or as a dead letter.

    A database that is away only makes everybody wait: it counts against no message.
    """
    async with queue.consume(INBOUND, limit=BATCH, linger=LINGER) as consumer:
        worker = _Worker(queue, consumer, office, file)
        while True:
            await worker.handle(await consumer.next_batch())


class _Worker:
    def __init__(self, queue: Queue, consumer: Consumer, office: Office, file: Filer) -> None:
        self._queue = queue
        self._consumer = consumer
        self._office = office
        self._file = file

    async def handle(self, leases: Sequence[Lease]) -> None:
        """What failed or killed a consumer before is handled alone, the rest together, all in order."""
        for is_suspect, group in groupby(leases, _is_suspect):
            together = list(group)
            if is_suspect:
                await self._one_by_one(together)
            else:
                await self._all_at_once(together)

    async def _all_at_once(self, leases: Sequence[Lease]) -> None:
        try:
            refs = await self._filed(leases)
        except Exception as error:  # noqa: BLE001 - each is tried again alone, just below
            if len(leases) > 1:
                _log.warning("batch_failed", size=len(leases), cause=type(error).__name__)
                await self._one_by_one(leases)
            else:
                await self._failed(leases[0], error)
            return
        await self._done(leases, refs)

    async def _one_by_one(self, leases: Sequence[Lease]) -> None:
        for lease in leases:
            try:
                refs = await self._filed([lease])
            except Exception as error:  # noqa: BLE001 - it ends as a retry or a dead letter
                await self._failed(lease, error)
            else:
                await self._done([lease], refs)

    async def _filed(self, leases: Sequence[Lease]) -> list[DeliveryRef]:
        messages = [decode(lease.publication.body) for lease in leases]
        refs = await persist(lambda: self._file_in_time(messages), "database_away")
        for message in messages:
            count_filed(message.channel, *_outcome(message))
        return refs

    async def _file_in_time(self, messages: Sequence[Inbound]) -> list[DeliveryRef]:
        try:
            async with asyncio.timeout(DEADLINE):
                return await self._file(messages, self._office, clock.now())
        except TimeoutError as error:
            if await is_reachable():
                raise
            # It hangs rather than refuses, and that is no fault of a message either.
            raise Unavailable("the database does not answer") from error

    async def _done(self, leases: Sequence[Lease], refs: Sequence[DeliveryRef]) -> None:
        await self._consumer.ack(leases)
        await announce(self._queue, refs)

    async def _failed(self, lease: Lease, error: Exception) -> None:
        """Try again later, else set it aside; the reason names the class, for texts quote mail."""
        failure, message_id = type(error).__name__, lease.publication.message_id
        if lease.attempt + 1 >= MAX_ATTEMPTS:
            _log.error("message_buried", message_id=message_id, reason=failure)
            await self._consumer.bury(lease, failure)
        else:
            _log.warning("message_failed", message_id=message_id, attempt=lease.attempt, cause=failure)
            await self._consumer.retry(lease, DELAYS[lease.attempt])


def _is_suspect(lease: Lease) -> bool:
    return lease.redelivered or lease.attempt > 0


def _outcome(message: Inbound) -> tuple[str, str | None]:
    if isinstance(message, RefusedMessage):
        return "refused", message.reason
    if isinstance(message, Bounce):
        return "bounce", None
    return ("held", message.held_for) if message.held_for else ("filed", None)
