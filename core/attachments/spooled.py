"""A store over the network with a folder of our own before it, for when it is away."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta

from core.attachments.files import FileBlobs
from core.attachments.store import BlobStore
from core.errors import Unavailable

# A store that just failed is not asked again by every message.
_LEAVE_ALONE = timedelta(seconds=5)
# Whoever sends a message waits so long for a store that does not answer, and for its size.
_PATIENCE, _BYTES_A_SECOND = timedelta(seconds=5), 1024 * 1024
_EVER = datetime(9999, 1, 1, tzinfo=UTC)


class SpooledBlobs:
    """`store`, and while it is away the files of `spool`, from where `carry` brings them on."""

    def __init__(self, store: BlobStore, spool: FileBlobs) -> None:
        self._store = store
        self._spool = spool
        self._away_until = 0.0

    async def put(self, digest: str, content: bytes) -> None:
        loop = asyncio.get_running_loop()
        if loop.time() >= self._away_until:
            try:
                async with asyncio.timeout(_PATIENCE.total_seconds() + len(content) / _BYTES_A_SECOND):
                    await self._store.put(digest, content)
                return
            except (Unavailable, TimeoutError):
                self._away_until = loop.time() + _LEAVE_ALONE.total_seconds()
        await self._spool.put(digest, content)

    async def get(self, digest: str) -> bytes | None:
        # The spool first: what leaves it meanwhile is in the store by then.
        found = await self._spool.get(digest)
        return await self._store.get(digest) if found is None else found

    async def waiting(self) -> Sequence[str]:
        """The digests of what has not been brought to the store yet."""
        return [digest async for some in self._spool.listed(_EVER) for digest in some]

    async def carry(self) -> int:
        """Bring everything spooled to the store; how many. Raises `Unavailable` where it stops.

        A crash anywhere repeats at most one file, and a blob that is put meanwhile is in the store
        already or spooled again.
        """
        carried = 0
        for digest in await self.waiting():
            content = await self._spool.get(digest)
            if content is not None:
                await self._store.put(digest, content)
                await self._spool.forget(digest)
                carried += 1
        if carried:
            self._away_until = 0.0
        return carried

    def listed(self, before: datetime, *, aside: bool = False) -> AsyncIterator[Sequence[str]]:
        return self._store.listed(before, aside=aside)

    async def set_aside(self, digest: str) -> None:
        await self._store.set_aside(digest)

    async def restore(self, digest: str) -> None:
        await self._store.restore(digest)

    async def drop(self, digest: str) -> None:
        await self._store.drop(digest)
