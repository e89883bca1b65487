"""What this process took over because the broker was away: durable in a file, its keys in memory."""

import asyncio
import fcntl
from collections.abc import Iterable, Sequence
from functools import partial
from io import FileIO
from pathlib import Path

from core import clock
from core.errors import Misconfigured, NoRoom
from core.queues import Publication
from gateway.brokers import backlog_file
from gateway.brokers.backlog_file import Waiting
from gateway.brokers.group_commit import GroupCommit
from gateway.metrics import count_forwarded, show_waiting


class Backlog:
    """A file of at most `max_bytes` with what waits, for one process alone."""

    def __init__(self, path: Path, max_bytes: int) -> None:
        self._path = path
        self._commits = GroupCommit(partial(backlog_file.open_file, path, max_bytes))
        self._lock: FileIO | None = None
        # By hash, for there may be a million: two keys of one hash only wait for each other.
        self._keys: dict[int, int] = {}
        self._messages = self._octets = 0

    def __len__(self) -> int:
        return self._messages

    async def open(self) -> None:
        """Learn what an earlier process left. Raises `Unavailable`, and `Misconfigured` when another has it."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileIO(self._path.with_suffix(".lock"), "a")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.close()
            raise Misconfigured([f"{self._path}: another process forwards from this file"]) from error
        self._lock = lock
        for queue, key, number in await self._commits.submit(backlog_file.keys):
            self._keys[hash((queue, key))] = number
        load: backlog_file.Load = await self._commits.submit(backlog_file.load)
        self._count(load.messages, load.octets)

    def holds(self, queue: str, key: str) -> bool:
        """Whether something of `key` waits, so that what comes now must wait behind it."""
        return hash((queue, key)) in self._keys

    async def add(self, queue: str, publications: Sequence[Publication]) -> None:
        """Durable on return; raises `NoRoom` or `Unavailable`."""
        now = clock.now()
        stored = self._commits.submit(lambda db: backlog_file.insert(db, queue, publications, now))
        added = [Waiting(0, queue, each) for each in publications]
        # Before it is written: what comes meanwhile must not overtake it.
        self._remember(added)

        def forget_unstored(done: "asyncio.Future[None]") -> None:
            if done.cancelled() or done.exception():
                self._forget(added)

        stored.add_done_callback(forget_unstored)
        # Whoever asked may be cancelled; what he asked for is written all the same, and stays counted.
        await asyncio.shield(stored)

    async def oldest(self, after: int, limit: int) -> list[Waiting]:
        """Those behind id `after`, in order, at most `limit` of them and a few megabytes."""
        rows: list[Waiting] = await self._commits.submit(lambda db: backlog_file.oldest(db, after, limit))
        return rows

    async def remove(self, rows: Sequence[Waiting]) -> None:
        """The broker has confirmed them."""
        ids = [each.id for each in rows]
        await self._commits.submit(lambda db: backlog_file.remove(db, ids))
        self._forget(rows)
        count_forwarded(len(rows))
        # In small pieces: what comes meanwhile shares the thread.
        while not self._messages and await self._commits.submit(backlog_file.shrink):
            pass

    async def require_room(self) -> None:
        """Raise `NoRoom` or `Unavailable` unless a message could be stored now."""
        if not await self._commits.submit(backlog_file.has_room):
            raise NoRoom("the file of what waits for the broker is full")

    async def close(self) -> None:
        """Let go of the file; what waits stays there for the next process."""
        await self._commits.close()
        show_waiting(0, 0)
        if self._lock is not None:
            self._lock.close()

    def _remember(self, rows: Iterable[Waiting]) -> None:
        for row in rows:
            name = hash((row.queue, row.publication.key))
            self._keys[name] = self._keys.get(name, 0) + 1
            self._count(1, len(row.publication.body))

    def _forget(self, rows: Iterable[Waiting]) -> None:
        for row in rows:
            name = hash((row.queue, row.publication.key))
            self._keys[name] -= 1
            if not self._keys[name]:
                del self._keys[name]
            self._count(-1, -len(row.publication.body))

    def _count(self, messages: int, octets: int) -> None:
        self._messages += messages
        self._octets += octets
        show_waiting(self._messages, self._octets)
