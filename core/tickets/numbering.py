"""Numbers that are never used twice: drawn from the database in blocks, handed out from memory."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from core.database import query

BLOCK = 50


@dataclass(slots=True)
class Numbers:
    """This process's undealt numbers, by series.

    Numbers are drawn outside any transaction, so a rollback can never hand one out again. What is
    undealt when the process ends leaves a gap.
    """

    _undealt: dict[str, deque[int]] = field(default_factory=dict)
    _drawing: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def draw(self, series: str, count: int) -> list[int]:
        """`count` numbers of `series`, each greater than the last and nobody else's."""
        undealt = self._undealt.setdefault(series, deque())
        # One block after the other: two under way could come back in the wrong order.
        async with self._drawing:
            while len(undealt) < count:
                undealt.extend(await _draw_block(series, max(BLOCK, count)))
            return [undealt.popleft() for _ in range(count)]

    def return_unused(self, series: str, numbers: Sequence[int]) -> None:
        """Take back numbers that were drawn by this process and stand on nothing."""
        undealt = self._undealt.setdefault(series, deque())
        undealt.extendleft(reversed(numbers))


async def _draw_block(series: str, count: int) -> range:
    rows = await query(
        'INSERT INTO "counter" ("name", "next") VALUES ($1, $2)'
        ' ON CONFLICT ("name") DO UPDATE SET "next" = "counter"."next" + $3 RETURNING "next"',
        [series, 1 + count, count],
    )
    after = int(rows[0]["next"])
    return range(after - count, after)
