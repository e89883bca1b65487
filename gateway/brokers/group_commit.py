"""One thread that owns a SQLite file and commits everything that waits as one transaction."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

from core.errors import NoRoom, Unavailable

_MOST = 500

Act = Callable[[sqlite3.Connection], Any]
_Waiting = tuple[Act, "asyncio.Future[Any]"]


class GroupCommit:
    """Runs acts on the file `opened` connects to; an act is done when its transaction is durable.

    While one transaction is being synced to disk, the next acts gather: many publishers share
    the price of one sync.
    """

    def __init__(self, opened: Callable[[], sqlite3.Connection]) -> None:
        self._opened = opened
        self._connection: sqlite3.Connection | None = None
        self._waiting: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._is_closed = False
        self._thread = Thread(target=self._work, name="group-commit", daemon=True)
        self._thread.start()

    def submit(self, act: Act) -> "asyncio.Future[Any]":
        """The result of `act` after its commit; `Unavailable` when the file cannot take it."""
        if self._is_closed:
            raise Unavailable("the queue is closed")
        done: asyncio.Future[Any] = self._loop.create_future()
        self._waiting.put((act, done))
        return done

    async def close(self) -> None:
        """Commit what waits, then let go of the file."""
        if not self._is_closed:
            self._is_closed = True
            self._waiting.put(None)
        await asyncio.to_thread(self._thread.join)

    def _work(self) -> None:
        while group := self._next_group():
            outcome = self._commit(group)
            # A loop that is gone has nobody who waits.
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(_settle, group, outcome)
        if self._connection is not None:
            self._connection.close()

    def _next_group(self) -> list[_Waiting]:
        """At least one act, or none when the file is to be closed."""
        first = self._waiting.get()
        group = [] if first is None else [first]
        while group and len(group) < _MOST:
            try:
                following = self._waiting.get_nowait()
            except Empty:
                break
            if following is None:
                self._waiting.put(None)
                break
            group.append(following)
        return group

    def _commit(self, group: list[_Waiting]) -> list[Any] | Unavailable:
        try:
            if self._connection is None:
                self._connection = self._opened()
            self._connection.execute("BEGIN IMMEDIATE")
            results = [act(self._connection) for act, _ in group]
            self._connection.execute("COMMIT")
            return results
        except Exception as error:  # noqa: BLE001
            # Whatever it is, those who wait are told, and the thread lives on for the next.
            self._forget_connection()
            # The text of the error could quote values; its class and code cannot.
            code = getattr(error, "sqlite_errorname", type(error).__name__)
            trouble = NoRoom if code == "SQLITE_FULL" else Unavailable
            return trouble(f"the queue file cannot be written ({code})")

    def _forget_connection(self) -> None:
        """Roll back and open afresh next time, since the disk may be whole again by then."""
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
        self._connection = None


def _settle(group: list[_Waiting], outcome: list[Any] | Unavailable) -> None:
    for position, (_, done) in enumerate(group):
        if done.done():
            continue
        if isinstance(outcome, Unavailable):
            done.set_exception(outcome)
        else:
            done.set_result(outcome[position])
