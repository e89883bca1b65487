"""A consumer of the local queue file."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

from core import clock
from core.errors import Unavailable
from core.queues import Lease
from gateway.brokers import local_file
from gateway.brokers.group_commit import Act, GroupCommit
from gateway.brokers.patience import persist

# Publications and delays of other processes are seen by looking; our own wake the consumer.
_LOOK = 0.25


class LocalConsumer:
    """Claims what is free, and holds it by a lease that is extended while the consumer lives."""

    def __init__(self, commits: GroupCommit, claim: local_file.Claim, linger: timedelta) -> None:
        self.news = asyncio.Event()
        self._commits = commits
        self._wanted = claim
        self._linger = linger.total_seconds()
        self._batch: list[Lease] = []
        self._claiming: asyncio.Future[list[Lease]] | None = None
        self._extension: asyncio.TimerHandle | None = None

    async def next_batch(self) -> Sequence[Lease]:
        # Whatever is claimed goes to self._batch first: a cancelled call loses no lease.
        await self._claim()
        while not self._batch:
            await self._look_later()
            await self._claim()
        if self._linger and len(self._batch) < self._wanted.limit:
            await asyncio.sleep(self._linger)
            await self._claim()
        batch, self._batch = self._batch, []
        return batch

    async def _look_later(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(_LOOK):
                await self.news.wait()

    async def _claim(self) -> None:
        self.news.clear()
        self._batch += await persist(self._claimed, "queue_file_unavailable")

    async def _claimed(self) -> list[Lease]:
        if self._claiming is None:
            self._claiming = self._submit_claim()
        try:
            leases = await asyncio.shield(self._claiming)
        except Unavailable:
            self._claiming = None
            raise
        self._claiming = None
        return leases

    def _submit_claim(self) -> "asyncio.Future[list[Lease]]":
        limit = self._wanted.limit - len(self._batch)
        wanted = local_file.Claim(self._wanted.queue, self._wanted.owner, limit)
        return self._commits.submit(lambda db: local_file.claim(db, wanted, clock.now()))

    async def ack(self, leases: Sequence[Lease]) -> None:
        await self._settle(lambda db: local_file.remove(db, [lease.handle for lease in leases]))

    async def retry(self, lease: Lease, after: timedelta) -> None:
        held = (lease.handle, self._wanted.owner)
        await self._settle(lambda db: local_file.delay(db, held, clock.now(), after))

    async def bury(self, lease: Lease, reason: str) -> None:
        held = (lease.handle, self._wanted.owner)
        await self._settle(lambda db: local_file.bury(db, held, reason, clock.now()))

    async def _settle(self, act: Act) -> None:
        await persist(lambda: self._commits.submit(act), "queue_file_unavailable")
        # A settled message may set a later one of its key free, for any consumer of this queue.
        self.news.set()

    def extend_later(self) -> None:
        """Keep the leases of a consumer that lives, however long it works on them."""
        distance = local_file.LEASE.total_seconds() / 3
        self._extension = asyncio.get_running_loop().call_later(distance, self._extend)

    def _extend(self) -> None:
        with suppress(Unavailable):
            extended = self._commits.submit(
                lambda db: local_file.extend(db, self._wanted.owner, clock.now()))
            extended.add_done_callback(lambda done: done.cancelled() or done.exception())
        self.extend_later()

    async def end(self) -> None:
        if self._extension is not None:
            self._extension.cancel()
        await self._commits.submit(lambda db: local_file.give_back(db, self._wanted.owner))
