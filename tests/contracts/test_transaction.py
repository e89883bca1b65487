"""A transaction that is cancelled, at whatever moment, leaves the connection to the others."""

import asyncio

from core import clock
from core.database import query, transaction
from core.idempotency import Said, first_time


async def test_a_cancelled_transaction_stops_nobody_else(database: str) -> None:
    async def say() -> None:
        async with transaction():
            await first_time("once", clock.now(), clock.now())

    for turns in range(60):
        saying = asyncio.ensure_future(say())
        for _ in range(turns):
            await asyncio.sleep(0)
        saying.cancel()
        await asyncio.gather(saying, return_exceptions=True)

        async with asyncio.timeout(10):
            await query("SELECT 1 AS one", [])
    await say()
    assert await Said.all().count() == 1
