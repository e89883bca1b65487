"""The SQLite file of what waits for the broker: its table and each act on it, in the caller's transaction."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from core.queues import Publication
from gateway.brokers.durable_file import open_durable

# More than this is not held in memory at a time, one message excepted.
_TOGETHER = 8 * 1024 * 1024
_SPARE_PAGES = 64
_PAGES_AT_ONCE = 5_000
# Small columns stand before the body: looking at sizes never reads a body's pages.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS waiting (
    id INTEGER PRIMARY KEY AUTOINCREMENT, queue TEXT NOT NULL, key TEXT NOT NULL, message_id TEXT NOT NULL,
    stored_at REAL NOT NULL, body BLOB NOT NULL);
"""
_FIRST = "PRAGMA auto_vacuum=INCREMENTAL"


@dataclass(frozen=True, slots=True)
class Waiting:
    """One stored publication; ids grow in the order of storing."""

    id: int
    queue: str
    publication: Publication


@dataclass(frozen=True, slots=True)
class Load:
    """How much waits, and since when."""

    messages: int
    octets: int
    since: datetime | None


def open_file(path: Path, max_bytes: int) -> sqlite3.Connection:
    """Connect; what would make the file larger than `max_bytes` meets a full disk there."""
    connection = open_durable(path, _SCHEMA, first=_FIRST)
    (page_size,) = connection.execute("PRAGMA page_size").fetchone()
    connection.execute(f"PRAGMA max_page_count={max(1, max_bytes // page_size)}")
    return connection


def insert(db: sqlite3.Connection, queue: str, publications: Sequence[Publication], now: datetime) -> None:
    """Store them at the end."""
    db.executemany(
        "INSERT INTO waiting (queue, key, message_id, stored_at, body) VALUES (?, ?, ?, ?, ?)",
        [(queue, each.key, each.message_id, now.timestamp(), each.body) for each in publications],
    )


def oldest(db: sqlite3.Connection, after: int, limit: int) -> list[Waiting]:
    """At least one and at most `limit` of those behind id `after`, in order; none when nothing is left."""
    sizes = db.execute("SELECT id, length(body) FROM waiting WHERE id > ? ORDER BY id LIMIT ?", (after, limit))
    last, total = 0, 0
    for row_id, size in sizes.fetchall():
        total += size
        if last and total > _TOGETHER:
            break
        last = row_id
    rows = db.execute(
        "SELECT id, queue, message_id, key, body FROM waiting WHERE id > ? AND id <= ? ORDER BY id", (after, last))
    return [Waiting(row_id, queue, Publication(*rest)) for row_id, queue, *rest in rows]


def remove(db: sqlite3.Connection, ids: Sequence[int]) -> None:
    """They are the broker's now."""
    db.executemany("DELETE FROM waiting WHERE id = ?", [(each,) for each in ids])


def shrink(db: sqlite3.Connection) -> bool:
    """Give some of the room of what was removed back to the disk; False when there is no more of it."""
    (free,) = db.execute("PRAGMA freelist_count").fetchone()
    # The statement gives back one page each time it is stepped, and Python steps it once.
    for _ in range(min(free, _PAGES_AT_ONCE)):
        db.execute("PRAGMA incremental_vacuum")
    return bool(free > _PAGES_AT_ONCE)


def keys(db: sqlite3.Connection) -> list[tuple[str, str, int]]:
    """Each queue and key of what waits, with its number of messages."""
    return db.execute("SELECT queue, key, count(*) FROM waiting GROUP BY queue, key").fetchall()


def load(db: sqlite3.Connection) -> Load:
    """How much waits."""
    messages, octets, since = db.execute(
        "SELECT count(*), coalesce(sum(length(body)), 0), min(stored_at) FROM waiting").fetchone()
    return Load(messages, octets, datetime.fromtimestamp(since, UTC) if since else None)


def has_room(db: sqlite3.Connection) -> bool:
    """Whether another message of common size fits below the file's own limit."""
    pages, free, most = (
        db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "max_page_count"))
    return bool(pages - free + _SPARE_PAGES < most)


def load_of(path: Path) -> Load:
    """What waits in the file of another process, or of one that has ended; the file stays as it is."""
    if not path.exists():
        return Load(0, 0, None)
    db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=10)
    try:
        return load(db)
    finally:
        db.close()
