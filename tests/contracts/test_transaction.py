"""A transaction that is cancelled or breaks, at whatever moment, leaves a connection to the next."""

import asyncio
import contextlib

import asyncpg
import pytest

from core import clock
from core.database import query, telling_away, transaction
from core.errors import Unavailable
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


async def test_a_connection_that_breaks_at_the_very_end_is_not_used_again(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise asyncpg.ConnectionDoesNotExistError("the server is gone")

    with monkeypatch.context() as patched:
        # What asyncpg does between a commit and giving the connection back.
        patched.setattr(asyncpg.Connection, "reset", broken)
        with contextlib.suppress(asyncpg.ConnectionDoesNotExistError):
            async with transaction():
                await first_time("before", clock.now(), clock.now())

    async with transaction():
        await first_time("after", clock.now(), clock.now())
    assert {each.key for each in await Said.all()} == {"before", "after"}


async def test_a_transaction_broken_off_for_anothers_sake_may_be_tried_again(database: str) -> None:
    now = clock.now()
    for name in ("one", "other"):
        await first_time(name, now, now)

    async def say(*names: str) -> None:
        async with telling_away(), transaction():
            for name in names:
                await Said.filter(key=name).update(until=clock.now())
                await asyncio.sleep(0.2)

    outcomes = await asyncio.gather(say("one", "other"), say("other", "one"), return_exceptions=True)

    assert [each for each in outcomes if each is not None and not isinstance(each, Unavailable)] == []
    await say("one", "other")
