"""The SQLite file of the local queue: its table and each act on it, inside the caller's transaction."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from core.queues import DeadLetter, Lease, Publication
from gateway.brokers.durable_file import open_durable

LEASE = timedelta(seconds=30)
# A message whose consumers died this often is set aside, like the broker's delivery limit.
DELIVERY_LIMIT = 50
_FARTHEST = timedelta(days=1)

# Small columns stand before the body: the search for work never reads a body's pages.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS job (
    id INTEGER PRIMARY KEY AUTOINCREMENT, queue TEXT NOT NULL, key TEXT NOT NULL,
    available_at REAL NOT NULL DEFAULT 0, lease_until REAL NOT NULL DEFAULT 0, owner TEXT,
    attempt INTEGER NOT NULL DEFAULT 0, abandoned INTEGER NOT NULL DEFAULT 0,
    message_id TEXT NOT NULL, body BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS job_key ON job (queue, key);
CREATE INDEX IF NOT EXISTS job_queue ON job (queue);
CREATE INDEX IF NOT EXISTS job_owner ON job (owner) WHERE owner IS NOT NULL;
CREATE TABLE IF NOT EXISTS dead_job (
    id INTEGER PRIMARY KEY AUTOINCREMENT, queue TEXT NOT NULL, key TEXT NOT NULL,
    reason TEXT NOT NULL, died_at REAL NOT NULL, message_id TEXT NOT NULL, body BLOB NOT NULL);
"""

# A message is free when neither a lease nor a delay holds it, and no earlier one of its key is
# held either: a conversation's messages leave in order, also within one claim. Times farther
# ahead than we ever set them come from a clock that was wrong, and hold nothing.
_HELD = "({row}.lease_until BETWEEN :now AND :lease_most OR {row}.available_at BETWEEN :now AND :delay_most)"
_CLAIM = f"""
UPDATE job SET lease_until = :until, abandoned = abandoned + (owner IS NOT NULL), owner = :owner
WHERE id IN (
    SELECT each.id FROM job AS each
    WHERE each.queue = :queue AND NOT {_HELD.format(row="each")} AND NOT EXISTS (
        SELECT 1 FROM job AS earlier
        WHERE earlier.queue = each.queue AND earlier.key = each.key AND earlier.id < each.id
          AND {_HELD.format(row="earlier")})
    ORDER BY each.id LIMIT :limit)
RETURNING id, key, message_id, body, attempt, abandoned
"""


def open_file(path: Path) -> sqlite3.Connection:
    """Connect, make the table on first use, and insist on commits that survive a power cut."""
    return open_durable(path, _SCHEMA)


@dataclass(frozen=True, slots=True)
class Claim:
    """Who wants how many messages of which queue."""

    queue: str
    owner: str
    limit: int


def insert(db: sqlite3.Connection, queue: str, publications: Sequence[Publication]) -> None:
    """Store them, free for anybody."""
    db.executemany(
        "INSERT INTO job (queue, key, message_id, body) VALUES (?, ?, ?, ?)",
        [(queue, each.key, each.message_id, each.body) for each in publications],
    )


def claim(db: sqlite3.Connection, wanted: Claim, now: datetime) -> list[Lease]:
    """Lease what is free, oldest first; what was abandoned too often goes to the dead letters."""
    rows = db.execute(_CLAIM, {
        "queue": wanted.queue, "owner": wanted.owner, "limit": wanted.limit,
        "now": now.timestamp(), "until": (now + LEASE).timestamp(),
        "lease_most": (now + 2 * LEASE).timestamp(), "delay_most": (now + 2 * _FARTHEST).timestamp(),
    }).fetchall()
    leases = [
        Lease(Publication(message_id, key, body), attempt, abandoned > 0, job_id)
        for job_id, key, message_id, body, attempt, abandoned in sorted(rows)
    ]
    spent = {row[0] for row in rows if row[5] >= DELIVERY_LIMIT}
    for job_id in spent:
        bury(db, (job_id, wanted.owner), "delivery_limit", now)
    return [lease for lease in leases if lease.handle not in spent]


def extend(db: sqlite3.Connection, owner: str, now: datetime) -> None:
    """Its owner lives and works on them."""
    db.execute("UPDATE job SET lease_until = ? WHERE owner = ?", ((now + LEASE).timestamp(), owner))


def remove(db: sqlite3.Connection, job_ids: Sequence[object]) -> None:
    """Done is done, whoever holds the lease by now."""
    db.executemany("DELETE FROM job WHERE id = ?", [(job_id,) for job_id in job_ids])


def delay(db: sqlite3.Connection, held: tuple[object, str], now: datetime, after: timedelta) -> None:
    """Free again after a while, with one attempt more; later ones of its key wait with it."""
    db.execute(
        "UPDATE job SET owner = NULL, lease_until = 0, attempt = attempt + 1, available_at = ?"
        " WHERE id = ? AND owner = ?",
        ((now + min(after, _FARTHEST)).timestamp(), *held),
    )


def bury(db: sqlite3.Connection, held: tuple[object, str], reason: str, now: datetime) -> None:
    """Move it to the dead letters, unless its lease is somebody else's by now."""
    db.execute(
        "INSERT INTO dead_job (queue, key, message_id, body, reason, died_at)"
        " SELECT queue, key, message_id, body, ?, ? FROM job WHERE id = ? AND owner = ?",
        (reason, now.timestamp(), *held),
    )
    db.execute("DELETE FROM job WHERE id = ? AND owner = ?", held)


def give_back(db: sqlite3.Connection, owner: str) -> None:
    """A consumer ends: what it held is free at once and does not count as abandoned."""
    db.execute("UPDATE job SET owner = NULL, lease_until = 0 WHERE owner = ?", (owner,))


def expire_all(db: sqlite3.Connection) -> None:
    """Nobody else consumes, so every owner is dead; what they held is free and was abandoned."""
    db.execute("UPDATE job SET lease_until = 0 WHERE owner IS NOT NULL")


def list_dead(db: sqlite3.Connection) -> list[DeadLetter]:
    """Oldest first."""
    rows = db.execute("SELECT message_id, queue, reason, died_at FROM dead_job ORDER BY id")
    return [
        DeadLetter(message_id, queue, reason, datetime.fromtimestamp(died_at, UTC))
        for message_id, queue, reason, died_at in rows
    ]


def replay(db: sqlite3.Connection, message_id: str) -> bool:
    """Back to its queue, as if it had never been tried."""
    db.execute(
        "INSERT INTO job (queue, key, message_id, body)"
        " SELECT queue, key, message_id, body FROM dead_job WHERE message_id = ? ORDER BY id",
        (message_id,),
    )
    return discard(db, message_id)


def discard(db: sqlite3.Connection, message_id: str) -> bool:
    """Forget the dead letter; False when there is none."""
    return db.execute("DELETE FROM dead_job WHERE message_id = ?", (message_id,)).rowcount > 0
