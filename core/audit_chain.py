"""The chain of sealed audit rows: how a row's digest is made, and what is wrong with the chain, if anything."""

import hashlib
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from core.database import query
from core.keys import SigningKeys

# What the first row's digest is chained to.
GENESIS = "0" * 64
PURPOSE = "audit-head"
COLUMNS = '"id", "at", "actor", "action", "object_id", "detail", "before", "after"'
PAGE = 1_000
MOST_FLAWS = 20

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


async def flaws(signing: SigningKeys | None = None) -> list[str]:
    """What is wrong with the chain, one line each, at most `MOST_FLAWS`; empty when all is well.

    Without `signing` the head's mac is not looked at. The rows are read page by page, and a sealer
    may go on meanwhile.
    """
    found: list[str] = []
    async for flaw in _flaws(signing):
        found.append(flaw)
        if len(found) == MOST_FLAWS:
            return [*found, "audit: there is more; the first are told"]
    return found


@dataclass(slots=True)
class _Walk:
    """How far the chain was followed; `digest` is None where the row before is missing."""

    seq: int = 0
    digest: str | None = GENESIS
    flaws: list[str] = field(default_factory=list)

    def step(self, row: Row) -> None:
        seq = int(row["seq"])
        if seq != self.seq + 1:
            self.flaws.append(f"audit: {_rows(self.seq + 1, seq - 1)} missing from the chain")
            self.digest = None
        if self.digest is not None and digest_of(self.digest, seq, row) != row["digest"]:
            self.flaws.append(f"audit: row {seq} is not as it was sealed")
        # From what stands there: one changed row is told once, and not with all that follow.
        self.seq, self.digest = seq, str(row["digest"])


async def _flaws(signing: SigningKeys | None) -> AsyncIterator[str]:
    walk = _Walk()
    while True:
        before = walk.seq
        async for row in _rows_after(walk):
            walk.step(row)
            for flaw in walk.flaws:
                yield flaw
            walk.flaws.clear()
        # Read after the rows: whatever was sealed meanwhile moved it together with its rows.
        end = await head()
        if end is None or int(end["seq"]) <= walk.seq or walk.seq == before:
            break
    for flaw in _end_flaws(walk, end, signing):
        yield flaw


async def _rows_after(walk: _Walk) -> AsyncIterator[Row]:
    while True:
        page = await query(
            f'SELECT "seq", "digest", {COLUMNS} FROM "audit" WHERE "seq" > $1 ORDER BY "seq" LIMIT {PAGE}', [walk.seq]
        )
        for row in page:
            yield row
        if len(page) < PAGE:
            return


def _end_flaws(walk: _Walk, end: Row | None, signing: SigningKeys | None) -> list[str]:
    if end is None:
        return [f"audit: the head of the chain is missing, though {walk.seq} rows are sealed"] if walk.seq else []
    seq, digest = int(end["seq"]), str(end["digest"])
    if signing is not None and not signing.mac_matches(PURPOSE, head_text(seq, digest), str(end["mac"])):
        return ["audit: the head of the chain is not signed by a key of ours"]
    if seq > walk.seq:
        return [f"audit: {_rows(walk.seq + 1, seq)} missing at the end of the chain"]
    if seq < walk.seq:
        return [f"audit: {_rows(seq + 1, walk.seq)} sealed beyond the head of the chain"]
    return [] if digest == (walk.digest or GENESIS) else ["audit: the head of the chain is not that of its last row"]


def _rows(first: int, last: int) -> str:
    return f"row {first} is" if first == last else f"rows {first} to {last} are"
