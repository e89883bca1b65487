"""What only the queue file has to prove: its leases, its disk, and consumers that die beside it."""

import asyncio
import resource
import sqlite3
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from core import clock
from core.errors import Unavailable
from core.queues import INBOUND, Publication, outbound
from gateway.brokers import local_file
from tests.contracts.queue_kinds import Store
from tests.contracts.test_queue import another_process, names, nothing_comes, publication, reading, take


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store("local", str(tmp_path / "queue.sqlite3"))


@contextmanager
def clock_moved(monkeypatch: pytest.MonkeyPatch, by: timedelta):
    true_now = clock.now
    with monkeypatch.context() as patch:
        patch.setattr(clock, "now", lambda: true_now() + by)
        yield


async def test_later_messages_of_a_key_wait_for_one_that_is_retried(store):
    async with store.opened() as queue, reading(queue, limit=1) as consumer:
        await queue.publish(INBOUND, [publication("first", "key"), publication("second", "key")])
        (lease,) = await take(consumer, 1)
        await consumer.retry(lease, timedelta(seconds=1))
        await nothing_comes(queue, consumer)

        assert names(await take(consumer, 1)) == ["first"]


async def test_later_messages_of_a_key_wait_while_an_earlier_one_is_leased(store):
    async with store.opened() as queue, reading(queue, limit=1) as consumer:
        await queue.publish(INBOUND, [publication("first", "key"), publication("second", "key")])
        leases = await take(consumer, 1)
        await nothing_comes(queue, consumer)

        await consumer.ack(leases)
        assert names(await take(consumer, 1)) == ["second"]


async def test_a_dead_consumers_lease_runs_out_while_others_consume(store, monkeypatch):
    async with store.opened() as queue, queue.consume(outbound("email"), limit=1, linger=timedelta(0)):
        await queue.publish(INBOUND, [publication("held")])
        with another_process("hold", store) as other:
            assert await other.tells(1) == ["held"]

        async with reading(queue) as consumer:
            await nothing_comes(queue, consumer)
            with clock_moved(monkeypatch, local_file.LEASE * 1.5):
                (lease,) = await take(consumer, 1)
            assert (names([lease]), lease.redelivered) == (["held"], True)


async def test_a_living_consumer_keeps_its_lease_beyond_its_time(store, monkeypatch):
    monkeypatch.setattr(local_file, "LEASE", timedelta(seconds=0.3))
    async with store.opened() as queue, reading(queue) as slow, reading(queue) as other:
        await queue.publish(INBOUND, [publication("m")])
        leases = await take(slow, 1)
        await asyncio.sleep(1)
        await nothing_comes(queue, other)
        await slow.ack(leases)


async def test_a_lease_from_a_clock_an_hour_ahead_holds_no_message(store, monkeypatch):
    """X15."""
    async with store.opened() as queue, reading(queue) as ahead:
        await queue.publish(INBOUND, [publication("m")])
        with clock_moved(monkeypatch, timedelta(hours=1)):
            await take(ahead, 1)

        async with reading(queue) as consumer:
            assert names(await take(consumer, 1)) == ["m"]


async def test_what_killed_its_consumers_too_often_becomes_a_dead_letter(store):
    """X07: a message that ends the whole process never reaches our counter of failures."""
    async with store.opened() as queue, reading(queue):
        await queue.publish(INBOUND, [publication("deadly")])
        with sqlite3.connect(store.place) as file:
            file.execute("UPDATE job SET owner = 'dead', abandoned = ?", [local_file.DELIVERY_LIMIT - 1])
        file.close()

        async with reading(queue) as consumer:
            await nothing_comes(queue, consumer)

        (letter,) = await queue.dead_letters()
        assert (letter.id, letter.reason) == ("deadly", "delivery_limit")


async def test_a_file_that_cannot_be_opened_is_unavailable_until_it_can(store):
    Path(store.place).mkdir()
    async with store.opened() as queue:
        with pytest.raises(Unavailable):
            await queue.publish(INBOUND, [publication("lost")])

        Path(store.place).rmdir()
        await queue.publish(INBOUND, [publication("kept")])
        async with reading(queue) as consumer:
            assert names(await take(consumer, 1)) == ["kept"]


async def test_a_full_disk_is_told_to_every_publisher_and_heals(store):
    """X13, with a limit on the size of files in the place of a small disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    async with store.opened() as queue:
        await queue.publish(INBOUND, [publication("before")])
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, hard))
        try:
            big = [[Publication(f"big{number}", f"{number}", b"x" * 100_000)] for number in range(20)]
            outcomes = await asyncio.gather(
                *[queue.publish(INBOUND, each) for each in big], return_exceptions=True)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        stored = {f"big{number}" for number, outcome in enumerate(outcomes) if outcome is None}
        assert len(stored) < 20
        assert all(isinstance(outcome, Unavailable) for outcome in outcomes if outcome is not None)

        await queue.publish(INBOUND, [publication("after")])
        async with reading(queue) as consumer:
            leases = await take(consumer, len(stored) + 2)
            assert set(names(leases)) == {"before", "after"} | stored


async def test_the_file_keeps_every_commit_and_is_for_its_owner_alone(store):
    """M20: WAL without FULL loses the last commits in a power cut."""
    async with store.opened() as queue:
        await queue.publish(INBOUND, [publication("m")])

        assert Path(store.place).stat().st_mode & 0o077 == 0
        connection = local_file.open_file(Path(store.place))
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        connection.close()


async def test_a_consumer_waits_out_a_disk_that_takes_nothing(store):
    async with store.opened() as queue:
        await queue.publish(INBOUND, [publication("m")])
        locker = sqlite3.connect(store.place, isolation_level=None)
        async with reading(queue) as consumer:
            locker.execute("BEGIN IMMEDIATE")
            claiming = asyncio.create_task(consumer.next_batch())
            await asyncio.sleep(0.3)
            assert not claiming.done()
            locker.execute("ROLLBACK")
            leases = await claiming
            assert names(leases) == ["m"]
            await consumer.ack(leases)
        locker.close()


async def test_the_event_loop_runs_on_while_the_disk_is_busy(store):
    async with store.opened() as queue:
        await queue.publish(INBOUND, [publication("m")])
        locker = sqlite3.connect(store.place, isolation_level=None)
        locker.execute("BEGIN IMMEDIATE")
        publishing = asyncio.create_task(queue.publish(INBOUND, [publication("waits")]))
        for _ in range(50):
            await asyncio.sleep(0.001)
        assert not publishing.done()
        locker.execute("ROLLBACK")
        await publishing
        locker.close()
