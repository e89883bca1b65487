"""Verifying the chain of audit rows: what is wrong with it, if anything, page by page."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from core.audit_chain import COLUMNS, GENESIS, PURPOSE, Row, digest_of, head, head_text
from core.database import query
from core.keys import SigningKeys

PAGE = 1_000
MOST_FLAWS = 20


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing that is wrong with the chain; `text` has places for `first` and `last`, numbers of rows."""

    text: str
    first: int = 0
    last: int = 0

    def __str__(self) -> str:
        return self.text.format(first=self.first, last=self.last)


ROW_CHANGED = "row {first} is not as it was sealed"
ROWS_MISSING = "rows {first} to {last} are missing from the chain"
END_MISSING = "rows {first} to {last} are missing at the end of the chain"
ROWS_BEYOND = "rows {first} to {last} are sealed beyond the head of the chain"
HEAD_MISSING = "the head of the chain is missing, though {last} rows are sealed"
HEAD_NOT_OURS = "the head of the chain is not signed by a key of ours"
HEAD_UNLIKE = "the head of the chain is not that of its last row"
AND_MORE = "there is more; the first are told"


async def flaws(signing: SigningKeys | None = None, *, newest: int | None = None) -> list[Flaw]:
    """What is wrong with the chain, at most `MOST_FLAWS` of it; empty when all is well.

    Without `signing` the head's mac is not looked at; with `newest` only so many rows at its end are.
    The rows are read page by page, and a sealer may go on meanwhile.
    """
    found: list[Flaw] = []
    async for flaw in _flaws(signing, await _start(newest)):
        found.append(flaw)
        if len(found) == MOST_FLAWS:
            return [*found, Flaw(AND_MORE)]
    return found


@dataclass(slots=True)
class _Walk:
    """How far the chain was followed; `digest` is None where the row before is missing."""

    seq: int = 0
    digest: str | None = GENESIS
    flaws: list[Flaw] = field(default_factory=list)

    def step(self, row: Row) -> None:
        seq = int(row["seq"])
        if seq != self.seq + 1:
            self.flaws.append(Flaw(ROWS_MISSING, self.seq + 1, seq - 1))
            self.digest = None
        if self.digest is not None and digest_of(self.digest, seq, row) != row["digest"]:
            self.flaws.append(Flaw(ROW_CHANGED, seq, seq))
        # From what stands there: one changed row is told once, and not with all that follow.
        self.seq, self.digest = seq, str(row["digest"])


async def _start(newest: int | None) -> _Walk:
    """Before the first row, or where only the last `newest` rows remain."""
    end = await head() if newest is not None else None
    if newest is None or end is None or int(end["seq"]) <= newest:
        return _Walk()
    seq = int(end["seq"]) - newest
    rows = await query('SELECT "digest" FROM "audit" WHERE "seq" = $1', [seq])
    return _Walk(seq, str(rows[0]["digest"]) if rows else None)


async def _flaws(signing: SigningKeys | None, walk: _Walk) -> AsyncIterator[Flaw]:
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


def _end_flaws(walk: _Walk, end: Row | None, signing: SigningKeys | None) -> list[Flaw]:
    if end is None:
        return [Flaw(HEAD_MISSING, last=walk.seq)] if walk.seq else []
    seq, digest = int(end["seq"]), str(end["digest"])
    if signing is not None and not signing.mac_matches(PURPOSE, head_text(seq, digest), str(end["mac"])):
        return [Flaw(HEAD_NOT_OURS)]
    if seq > walk.seq:
        return [Flaw(END_MISSING, walk.seq + 1, seq)]
    if seq < walk.seq:
        return [Flaw(ROWS_BEYOND, seq + 1, walk.seq)]
    return [] if digest == (walk.digest or GENESIS) else [Flaw(HEAD_UNLIKE)]
