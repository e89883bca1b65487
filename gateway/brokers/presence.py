"""A lock file that tells the first consumer of a queue file that all leases in it are dead ones'."""

import asyncio
import fcntl
from collections.abc import Awaitable, Callable
from io import FileIO
from pathlib import Path

from core.errors import Unavailable


class Presence:
    """Held shared by every process that consumes; the system lets go of it when one dies."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: FileIO | None = None
        self._entering = asyncio.Lock()

    async def enter(self, if_alone: Callable[[], Awaitable[object]]) -> None:
        """Be counted from here on; `if_alone` runs first when no other process consumes."""
        async with self._entering:
            if self._file is not None:
                return
            try:
                file = FileIO(self._path, "a")
            except OSError as error:
                raise Unavailable("the queue's lock file cannot be opened") from error

            try:
                if _try_alone(file):
                    await if_alone()
                await asyncio.to_thread(fcntl.flock, file, fcntl.LOCK_SH)
            except BaseException:
                file.close()
                raise
            self._file = file

    def leave(self) -> None:
        """No longer be counted."""
        if self._file is not None:
            self._file.close()
            self._file = None


def _try_alone(file: FileIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
