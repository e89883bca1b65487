"""What surrounds a migration: one process at a time, and a copy of the file as it was."""

import asyncio
import fcntl
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg

# Any number will do that nobody else takes as an advisory lock in the same database.
_TURN = 0x677569636865


@asynccontextmanager
async def migration_turn(url: str) -> AsyncIterator[None]:
    """Let one process of the installation migrate at a time; the others wait here."""
    if url.startswith("sqlite:"):
        path = Path(urlsplit(url).path)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.with_suffix(".migration-lock").open("w") as file:
            await asyncio.to_thread(fcntl.flock, file, fcntl.LOCK_EX)
            yield
        return
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _TURN)
        yield
    finally:
        await connection.close()


def keep_copy(url: str) -> None:
    """Keep a SQLite file as it is now beside it, whoever has it open; other databases have backups."""
    path = Path(urlsplit(url).path)
    if not url.startswith("sqlite:") or not path.exists():
        return
    # A plain copy of the file would miss what stands in its write-ahead log.
    with closing(sqlite3.connect(path)) as file, closing(sqlite3.connect(_copy_of(path))) as copy:
        file.backup(copy)


def _copy_of(path: Path) -> Path:
    return path.with_suffix(".before-migration")
