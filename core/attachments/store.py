"""What the product asks of a store of larger bytes, whether files or S3."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Protocol


class BlobStore(Protocol):
    """Where larger bytes live, under the SHA-256 in hexadecimal. Every verb may raise `Unavailable`.

    What the collector takes for an orphan is first set aside, where `get` still finds it, and is
    destroyed only at a second look: a `put` of the same bytes in between loses nothing.
    """

    async def put(self, digest: str, content: bytes) -> None:
        """Store them, durable on return; again is harmless."""

    async def get(self, digest: str) -> bytes | None:
        """The bytes, or None where there are none."""

    def listed(self, before: datetime, *, aside: bool = False) -> AsyncIterator[Sequence[str]]:
        """Digests of what was stored before that moment, or with `aside` of what was set aside before it."""

    async def set_aside(self, digest: str) -> None:
        """Move it where only `get` finds it; harmless when it is gone."""

    async def restore(self, digest: str) -> None:
        """Move it back; harmless when it is gone."""

    async def drop(self, digest: str) -> None:
        """Destroy what was set aside; what was stored again since stays."""
