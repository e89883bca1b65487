"""Small bytes in the database, larger ones in the store, and both read in one place."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from tortoise import fields
from tortoise.models import Model

from core.attachments.store import BlobStore
from core.database import execute_many
from core.message import INLINE_LIMIT, Blob

# Bytes that come again count as new, so that no collector takes them for old. A conflicting row is
# locked even where it is not updated: the collector either waits for us, or we insert after it.
_KEEP = (
    'INSERT INTO "blob" ("digest", "content", "created_at") VALUES ($1, $2, $3) ON CONFLICT ("digest")'
    ' DO UPDATE SET "created_at" = EXCLUDED."created_at" WHERE "blob"."created_at" < $4'
)
_NEW_FOR = timedelta(days=1)


class StoredBlob(Model):
    """Bytes up to 64 KiB, in the database: they become durable with the batch that files them."""

    digest = fields.CharField(64, primary_key=True)
    content = fields.BinaryField()
    created_at: datetime = fields.DatetimeField()

    class Meta:
        table = "blob"


async def keep(store: BlobStore, content: bytes) -> Blob:
    """The reference under which `content` travels: inline when small, else durable on return."""
    digest = hashlib.sha256(content).hexdigest()
    if len(content) <= INLINE_LIMIT:
        return Blob(digest=digest, size=len(content), content=content)
    await store.put(digest, content)
    return Blob(digest=digest, size=len(content))


async def insert_small(blobs: Sequence[Blob], now: datetime) -> None:
    """Insert the bytes that travelled inline, part of the caller's transaction."""
    rows = {
        blob.digest: [blob.digest, blob.content, now, now - _NEW_FOR] for blob in blobs if blob.content is not None
    }
    # Sorted, so that two workers never wait for each other in opposite order.
    await execute_many(_KEEP, [rows[digest] for digest in sorted(rows)])


async def fetch(store: BlobStore, digest: str) -> bytes | None:
    """The bytes of `digest`, wherever they live."""
    row = await StoredBlob.get_or_none(digest=digest)
    if row is not None:
        return bytes(row.content)
    return await store.get(digest)
