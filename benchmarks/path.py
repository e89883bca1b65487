"""The whole path: from the first connection to the last committed entry, beside a bare batch path."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, closing
from urllib.parse import urlsplit

import asyncpg

from benchmarks import bare_rabbit
from benchmarks.programs import Load, Meter, program, send
from benchmarks.sizes import Ground, Size, ground, product
from benchmarks.table import Figure, Run
from core.database import migrate_database

COUNT = 1_000
PATIENCE = 300.0
COUNTING = "SELECT count(*) FROM entry"


def figures(size: Size, runs: int) -> Iterator[Figure]:
    """One figure: mails a second that became committed entries."""
    pairs = [_pair(size, Load("journey", COUNT, seed=seed)) for seed in range(runs)]
    yield Figure(
        f"whole path, {size.name}", [ours for ours, _ in pairs], [bare for _, bare in pairs], "bare batch path",
        **({"bar": 0.75, "cpu_bar": 3.0} if size.has_servers else {"floor": 250}),
    )  # fmt: skip


def _pair(size: Size, load: Load) -> tuple[Run, Run]:
    with ground(size) as place, product(place, *size.role_sets) as processes:
        ours = _measure(place, processes[0].ready["smtp"], [each.pid for each in processes], load)
    with ground(size) as place:
        return ours, _bare(size, place, load)


def _bare(size: Size, place: Ground, load: Load) -> Run:
    asyncio.run(migrate_database(place.database_url))
    name = f"{place.prefix}-bare" if size.has_servers else f"{place.folder}/bare.sqlite3"
    roles = ("smtp", "worker") if size.has_servers else ("both",)
    try:
        with ExitStack() as stack:
            started = [
                stack.enter_context(program("bare_path", role, place.database_url, place.broker_url, name))
                for role in roles
            ]
            return _measure(place, started[0].said, [each.pid for each in started], load)
    finally:
        if size.has_servers:
            asyncio.run(bare_rabbit.delete(place.broker_url, name))


def _measure(place: Ground, address: str, pids: list[int], load: Load) -> Run:
    meter = Meter(pids, with_servers=place.has_servers)
    sending = send(address, load)
    ended = asyncio.run(_wait_for_entries(place.database_url, load.count))
    cpu_ms = meter.ms_each(load.count)
    return Run(load.count / (ended - sending.result()["began"]), cpu_ms)


async def _wait_for_entries(url: str, count: int) -> float:
    """When the last entry was seen."""
    deadline = time.monotonic() + PATIENCE
    async with _counting(url) as entries:
        while await entries() < count:
            assert time.monotonic() < deadline, "the entries did not come"
            await asyncio.sleep(0.02)
    return time.monotonic()


@asynccontextmanager
async def _counting(url: str) -> AsyncIterator[Callable[[], Awaitable[int]]]:
    if not url.startswith("sqlite:"):
        connection = await asyncpg.connect(url)
        try:
            yield lambda: connection.fetchval(COUNTING)
        finally:
            await connection.close()
        return
    with closing(sqlite3.connect(urlsplit(url).path, timeout=30)) as file:

        async def count() -> int:
            return int(file.execute(COUNTING).fetchone()[0])

        yield count
