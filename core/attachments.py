"""Content-addressed bytes: files of people and raw mail, durable before anything is answered."""

import asyncio
import hashlib
import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from tortoise import fields
from tortoise.models import Model

from core.database import execute_many
from core.errors import Misconfigured, Unavailable
from core.message import INLINE_LIMIT, Blob

_KEEP = 'INSERT INTO "blob" ("digest", "content", "created_at") VALUES ($1, $2, $3) ON CONFLICT DO NOTHING'


class StoredBlob(Model):
    """Bytes up to 64 KiB, in the database: they become durable with the batch that files them."""

    digest = fields.CharField(64, primary_key=True)
    content = fields.BinaryField()
    created_at: datetime = fields.DatetimeField()

    class Meta:
        table = "blob"


class BlobStore(Protocol):
    """Where larger bytes live, `put` returns only when they survive a power cut."""

    async def put(self, digest: str, content: bytes) -> None:
        """Store under the SHA-256 in hexadecimal; again is harmless. Raises `Unavailable`."""

    async def get(self, digest: str) -> bytes | None:
        """The bytes, or None where there are none. Raises `Unavailable`."""


class FileBlobs:
    """A folder of files named by their digest, shared by the processes of one machine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, digest: str, content: bytes) -> None:
        try:
            await asyncio.to_thread(self._write, digest, content)
        except OSError as error:
            raise Unavailable("the blob folder cannot be written") from error

    async def get(self, digest: str) -> bytes | None:
        try:
            return await asyncio.to_thread(self._path(digest).read_bytes)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unavailable("the blob folder cannot be read") from error

    def _path(self, digest: str) -> Path:
        return self._folder / digest[:2] / digest

    def _write(self, digest: str, content: bytes) -> None:
        path = self._path(digest)
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _write_whole(path, content)
        # Every time, for a crash may have come between an earlier writing and its syncing; and a
        # folder's own name is an entry of the folder above it.
        for folder in (path.parent, self._folder, self._folder.parent):
            _sync_folder(folder)


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


def open_blobs(url: str, data_dir: Path) -> BlobStore:
    """The store `GUICHE_BLOBS_URL` names, empty means files in the data directory."""
    if not url:
        return FileBlobs(data_dir / "blobs")
    parts = urlsplit(url)
    if parts.scheme != "file" or parts.netloc not in ("", "localhost"):
        raise Misconfigured(["GUICHE_BLOBS_URL: only file:///folder is known"])
    return FileBlobs(Path(unquote(parts.path)))


async def keep(store: BlobStore, content: bytes) -> Blob:
    """The reference under which `content` travels: inline when small, else durable on return."""
    digest = hashlib.sha256(content).hexdigest()
    if len(content) <= INLINE_LIMIT:
        return Blob(digest=digest, size=len(content), content=content)
    await store.put(digest, content)
    return Blob(digest=digest, size=len(content))


async def insert_small(blobs: Sequence[Blob], now: datetime) -> None:
    """Insert the bytes that travelled inline, part of the caller's transaction."""
    rows = {blob.digest: [blob.digest, blob.content, now] for blob in blobs if blob.content is not None}
    # Sorted, so that two workers never wait for each other in opposite order.
    await execute_many(_KEEP, [rows[digest] for digest in sorted(rows)])


async def fetch(store: BlobStore, digest: str) -> bytes | None:
    """The bytes of `digest`, wherever they live."""
    row = await StoredBlob.get_or_none(digest=digest)
    if row is not None:
        return bytes(row.content)
    return await store.get(digest)
