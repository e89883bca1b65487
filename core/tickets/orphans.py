"""Bytes that no row refers to, as of messages discarded or never filed: collected at a second look."""

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime, timedelta

from core.attachments import BlobStore
from core.database import query

# Longer than any message waits in a queue; and as long again lies aside what is taken for an orphan.
KEPT_FOR = timedelta(days=30)
_AT_ONCE = 5_000

_REFERRED = (
    'SELECT "raw_digest" AS "digest" FROM "entry" WHERE "raw_digest" IN ({places})'
    ' UNION SELECT "digest" FROM "entry_attachment" WHERE "digest" IN ({places})'
)
_HELD = "SELECT \"digests\" FROM \"held\" WHERE \"digests\" <> '' AND \"state\" IN ('held', 'released')"
# The age once more outside: a row that is kept again meanwhile is locked, and then young.
_DROP_SMALL = (
    'DELETE FROM "blob" WHERE "created_at" < $1 AND "digest" IN (SELECT "digest" FROM "blob" WHERE "created_at" < $1'
    ' EXCEPT SELECT "raw_digest" FROM "entry" EXCEPT SELECT "digest" FROM "entry_attachment") RETURNING "digest"'
)


async def collect(blobs: BlobStore, now: datetime) -> int:
    """Destroy what nothing refers to any more; how many. Raises `Unavailable` where it stops.

    What was set aside a month ago is destroyed, or restored where a row refers to it by now. What
    was stored a month ago and no row refers to is set aside. Harmless to run twice at once, and while
    the same bytes are stored again. Not to be run while dead letters wait: they refer to bytes, too.
    """
    before = now - KEPT_FOR
    held = {digest for row in await query(_HELD, []) for digest in str(row["digests"]).split()}
    destroyed = 0
    async for some in _batches(blobs.listed(before, aside=True)):
        wanted = held | await _referred(some)
        for digest in some:
            await (blobs.restore(digest) if digest in wanted else blobs.drop(digest))
        destroyed += len(set(some) - wanted)
    async for some in _batches(blobs.listed(before)):
        wanted = held | await _referred(some)
        for digest in some:
            if digest not in wanted:
                await blobs.set_aside(digest)
    return destroyed + len(await query(_DROP_SMALL, [before]))


async def _batches(listing: AsyncIterator[Sequence[str]]) -> AsyncIterator[Sequence[str]]:
    """The same in even pieces: each costs a walk through all entries, and a statement takes only so many."""
    gathered: list[str] = []
    async for some in listing:
        gathered += some
        while len(gathered) >= _AT_ONCE:
            yield gathered[:_AT_ONCE]
            del gathered[:_AT_ONCE]
    if gathered:
        yield gathered


async def _referred(digests: Collection[str]) -> set[str]:
    places = ", ".join(f"${number}" for number in range(1, len(digests) + 1))
    rows = await query(_REFERRED.format(places=places), list(digests))
    return {str(row["digest"]) for row in rows}
