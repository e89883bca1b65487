"""The thread hand-over: imapclient blocks, so each connection has one thread where all of it happens."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from contextlib import asynccontextmanager
from queue import SimpleQueue
from typing import Any, TypeVar

from core.imap_accounts import ImapAccount
from gateway.channels.imap_box import Box, Place
from gateway.channels.imap_line import COMMAND_SECONDS
from gateway.channels.imap_trouble import ImapTrouble

T = TypeVar("T")
_Job = tuple[Callable[[], Any], "Future[Any]"]


class RemoteBox:
    """`Box` for the event loop: each method awaits its like over there and raises `ImapTrouble` alone."""

    def __init__(self) -> None:
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._box: Box | None = None
        # A daemon: a look-up of a name that hangs must not keep the process from ending.
        threading.Thread(target=self._work, name="imap", daemon=True).start()

    @property
    def _there(self) -> Box:
        assert self._box is not None, "connect comes first"
        return self._box

    async def connect(self, account: ImapAccount, token: str, max_literal: int, seconds: float) -> None:
        """Connect and log in."""

        def connect() -> None:
            self._box = Box(account, token, max_literal, seconds)

        await self._do(connect)

    async def select(self) -> Place:
        return await self._do(self._there.select)

    async def uids_after(self, uid: int) -> list[int]:
        return await self._do(lambda: self._there.uids_after(uid))

    async def sizes(self, uids: list[int]) -> dict[int, int]:
        return await self._do(lambda: self._there.sizes(uids))

    async def fetch(self, uids: list[int]) -> dict[int, bytes]:
        return await self._do(lambda: self._there.fetch(uids))

    async def file_away(self, uids: list[int], folder: str) -> bool:
        return await self._do(lambda: self._there.file_away(uids, folder))

    async def place_of(self, folder: str) -> Place | None:
        return await self._do(lambda: self._there.place_of(folder))

    async def drop(self, folder: str, uid_validity: int, last_uid: int) -> None:
        await self._do(lambda: self._there.drop(folder, uid_validity, last_uid))

    async def idle(self, seconds: float) -> None:
        await self._do(lambda: self._there.idle(seconds))

    async def noop(self) -> None:
        await self._do(self._there.noop)

    @property
    def has_idle(self) -> bool:
        return self._there.has_idle

    def end(self) -> None:
        """Cut the line and let the thread go; whatever it still does, nobody waits for it."""
        if self._box is not None:
            self._box.cut()
        self._jobs.put(None)

    async def _do(self, work: Callable[[], T]) -> T:
        future: Future[T] = Future()
        self._jobs.put((work, future))
        return await asyncio.wrap_future(future)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            work, future = job
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(work())
            except ImapTrouble as trouble:
                future.set_exception(trouble)
            except Exception:  # noqa: BLE001 - a server may provoke any; its text could quote mail
                future.set_exception(ImapTrouble("connection"))
        if self._box is not None:
            self._box.close()


@asynccontextmanager
async def connected(
    account: ImapAccount, token: str, max_literal: int, seconds: float = COMMAND_SECONDS
) -> AsyncIterator[RemoteBox]:
    """A logged-in connection; raises `ImapTrouble`. It is gone at the end of the block, cancelled or not."""
    box = RemoteBox()
    try:
        await box.connect(account, token, max_literal, seconds)
        yield box
    finally:
        box.end()
