"""Blobs as files named by their digest, written so that they survive a power cut."""

import asyncio
import errno
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from core.errors import NoRoom, Unavailable

T = TypeVar("T")


class FileBlobs:
    """A folder of files, shared by the processes of one machine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._aside = folder / "aside"

    async def put(self, digest: str, content: bytes) -> None:
        await _in_thread(lambda: self._write(digest, content))

    async def get(self, digest: str) -> bytes | None:
        return await _in_thread(lambda: self._read(digest))

    async def listed(self, before: datetime, *, aside: bool = False) -> AsyncIterator[Sequence[str]]:
        folders = [self._aside] if aside else await _in_thread(self._folders)
        for folder in folders:
            if found := await _in_thread(lambda folder=folder: _old(folder, before.timestamp())):  # type: ignore[misc]
                yield found

    async def set_aside(self, digest: str) -> None:
        await _in_thread(lambda: self._move(self._path(digest), self._aside / digest))

    async def restore(self, digest: str) -> None:
        await _in_thread(lambda: self._move(self._aside / digest, self._path(digest)))

    async def drop(self, digest: str) -> None:
        await _in_thread(lambda: (self._aside / digest).unlink(missing_ok=True))

    async def forget(self, digest: str) -> None:
        """Remove a stored file at once, as a spool does with what has moved on."""
        await _in_thread(lambda: self._path(digest).unlink(missing_ok=True))

    def _path(self, digest: str) -> Path:
        return self._folder / digest[:2] / digest

    def _read(self, digest: str) -> bytes | None:
        # Again at the end, for it may have been restored between the first two.
        for path in (self._path(digest), self._aside / digest, self._path(digest)):
            with suppress(FileNotFoundError):
                return path.read_bytes()
        return None

    def _write(self, digest: str, content: bytes) -> None:
        path = self._path(digest)
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _write_whole(path, content)
        # Every time, for a crash may have come between an earlier writing and its syncing; and a
        # folder's own name is an entry of the folder above it.
        for folder in (path.parent, self._folder, self._folder.parent):
            _sync_folder(folder)

    def _folders(self) -> list[Path]:
        if not self._folder.is_dir():
            return []
        return sorted(each for each in self._folder.iterdir() if each.is_dir() and each != self._aside)

    def _move(self, source: Path, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            # Its time is from now on that of the move.
            os.utime(source)
            os.replace(source, target)


async def _in_thread(work: Callable[[], T]) -> T:
    try:
        return await asyncio.to_thread(work)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise NoRoom("the blob folder has no room left") from error
        raise Unavailable("the blob folder does not work") from error


def _write_whole(path: Path, content: bytes) -> None:
    # Under another name first: what bears a digest is whole, whenever a crash comes (SECURITY.md M21).
    temporary = path.with_name(f".{path.name}.{os.urandom(6).hex()}")
    try:
        with open(temporary, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _old(folder: Path, before: float) -> list[str]:
    """Names of files older than `before`; what a crash left half written is removed on the way."""
    found = []
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):
                if entry.stat().st_mtime >= before:
                    continue
                if entry.name.startswith("."):
                    Path(entry.path).unlink()
                else:
                    found.append(entry.name)
    return found
