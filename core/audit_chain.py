"""The chain of sealed audit rows: how a row's digest is made, where the chain ends, what waits to be sealed."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from core.database import query

# What the first row's digest is chained to.
GENESIS = "0" * 64
PURPOSE = "audit-head"
COLUMNS = '"id", "at", "actor", "action", "object_id", "detail", "before", "after"'

Row = Mapping[str, Any]


def digest_of(previous: str, seq: int, row: Row) -> str:
    """The digest of `row` at place `seq`: SHA-256 of the digest before it and of every column as canonical JSON."""
    columns = {
        "id": str(row["id"]), "seq": seq, "at": _instant(row["at"]), "actor": row["actor"], "action": row["action"],
        "object_id": row["object_id"], "detail": row["detail"], "before": row["before"], "after": row["after"],
    }  # fmt: skip
    text = json.dumps(columns, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256((previous + text).encode("utf-8", "surrogatepass")).hexdigest()


def _instant(value: object) -> str:
    """The same text on both databases; what is no time at all stays as it is, and no digest will fit it."""
    try:
        at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        return at.astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        return str(value)


def head_text(seq: int, digest: str) -> str:
    """What the head's `mac` is made of."""
    return f"{seq}/{digest}"


async def head() -> Row | None:
    """Where the chain ends: `seq, digest, mac, sealed_at`; None before anything was sealed."""
    rows = await query('SELECT "seq", "digest", "mac", "sealed_at" FROM "audit_head" WHERE "id" = 1', [])
    return rows[0] if rows else None


async def waiting_since(at: datetime) -> int:
    """How many rows of before `at` are not sealed yet."""
    rows = await query('SELECT count(*) AS "count" FROM "audit" WHERE "seq" IS NULL AND "at" < $1', [at])
    return int(rows[0]["count"])
