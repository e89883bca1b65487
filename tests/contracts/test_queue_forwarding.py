"""Store and forward: with the broker away everything is taken, and with the broker back everything arrives."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from core.errors import Misconfigured, NoRoom, Unavailable
from core.queues import INBOUND, Publication, Queue, outbound
from gateway.brokers import BACKLOG, backlog_file, rabbit_session
from tests.contracts.queue_kinds import Store
from tests.contracts.test_queue import another_process, names, nothing_comes, publication, reading, take
from tests.fakes.deaf_line import deaf_line
from tests.fakes.proxy import Wire, wire
from tests.services.private_rabbitmq import PrivateBroker, private_broker
from tests.services.rabbitmq import installed

pytestmark = pytest.mark.services

TOO_LARGE = 300_000


@pytest.fixture
def line(rabbit_url: str) -> Iterator[Wire]:
    """A wire to the broker, to be cut."""
    with wire(("127.0.0.1", urlsplit(rabbit_url).port or 5672)) as made:
        yield made


@pytest.fixture
def store(line: Wire, rabbit_url: str, rabbit_prefix: str, tmp_path: Path) -> Store:
    url = urlsplit(rabbit_url)._replace(netloc=f"guest:guest@127.0.0.1:{line.port}").geturl()
    return Store("forwarding", url, rabbit_prefix, is_sealed=True, folder=str(tmp_path / "data"))


@pytest.fixture(scope="module")
def own_broker() -> Iterator[PrivateBroker]:
    installed()
    with private_broker(f"max_message_size = {TOO_LARGE}\n") as broker:
        yield broker


@pytest.fixture
def own_store(own_broker: PrivateBroker, request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    own_broker.ensure()
    return Store("forwarding", own_broker.url, request.node.name, is_sealed=True, folder=str(tmp_path / "data"))


def waiting_in(store: Store) -> int:
    """How many messages the file holds, as another process sees it."""
    return backlog_file.load_of(Path(store.folder) / BACKLOG).messages


async def until_nothing_waits(store: Store) -> None:
    async with asyncio.timeout(60):
        while waiting_in(store):
            await asyncio.sleep(0.05)


async def read_all(queue: Queue, wanted: set[str]) -> list[str]:
    """Everything up to the moment when all of `wanted` has come; a message may come twice."""
    seen: list[str] = []
    async with reading(queue) as consumer, asyncio.timeout(90):
        while not wanted.issubset(seen):
            leases = await consumer.next_batch()
            seen += names(leases)
            await consumer.ack(leases)
    return seen


def firsts(seen: list[str], key: str) -> list[str]:
    """The messages of a key in the order of their first coming."""
    return list(dict.fromkeys(name for name in seen if name.startswith(f"{key}/")))


async def test_s24_what_comes_while_the_broker_is_away_arrives_once_and_in_order_when_it_is_back(store, line):
    line.cut()
    wanted = [f"k{number % 7}/{number:03}" for number in range(300)]
    async with store.opened() as queue:
        for name in wanted:
            await queue.publish(INBOUND, [publication(name, name.partition("/")[0])])
        assert waiting_in(store) == 300
        line.mend()

        seen = await read_all(queue, set(wanted))
        await until_nothing_waits(store)

    assert sorted(seen) == sorted(wanted)
    for key in range(7):
        assert firsts(seen, f"k{key}") == [name for name in wanted if name.startswith(f"k{key}/")]


async def test_what_comes_behind_something_that_waits_does_not_overtake_it(store, line):
    async with store.opened() as queue:
        line.cut()
        await queue.publish(INBOUND, [publication(f"k/{number:03}", "k") for number in range(500)])
        line.mend()
        # As they come while the backlog is carried away, and on after it is gone.
        for number in range(500, 700):
            await queue.publish(INBOUND, [publication(f"k/{number:03}", "k")])
        await until_nothing_waits(store)
        await queue.publish(INBOUND, [publication("k/700", "k")])

        seen = await read_all(queue, {f"k/{number:03}" for number in range(701)})

    assert firsts(seen, "k") == [f"k/{number:03}" for number in range(701)]


async def test_every_queue_is_forwarded_to_itself(store, line):
    line.cut()
    async with store.opened() as queue:
        await queue.publish(outbound("email"), [publication("out")])
        await queue.publish(INBOUND, [publication("in")])
        line.mend()

        async with queue.consume(outbound("email"), limit=5, linger=timedelta(0)) as consumer:
            assert names(await take(consumer, 1)) == ["out"]
        assert await read_all(queue, {"in"}) == ["in"]


async def test_with_the_broker_there_nothing_touches_the_file(store):
    async with store.opened() as queue:
        await queue.publish(INBOUND, [publication(f"m{number}") for number in range(50)])

        assert waiting_in(store) == 0
        await read_all(queue, {f"m{number}" for number in range(50)})


async def test_the_file_holds_neither_bodies_nor_keys_in_the_clear(store, line):
    line.cut()
    async with store.opened() as queue:
        await queue.publish(INBOUND, [Publication("m", "<ana@inst.example>", b"dear desk")])

    content = b"".join(path.read_bytes() for path in Path(store.folder).iterdir())
    assert b"dear desk" not in content
    assert b"ana@inst" not in content
    assert (Path(store.folder) / BACKLOG).stat().st_mode & 0o077 == 0


async def test_x02_a_process_killed_with_a_backlog_and_again_while_forwarding_loses_nothing(store, line):
    line.cut()
    with another_process("publish", store) as other:
        await other.tells(1_500)
    # Beside the names it tells that the broker is away.
    told = {each for each in other.told if each.startswith("m")}
    assert waiting_in(store) >= len(told) >= 1_400

    line.mend()
    with another_process("hold", store) as other:
        await other.tells(100)
    async with store.opened() as queue:
        seen = await read_all(queue, told)
        await until_nothing_waits(store)
    assert told.issubset(seen)


async def test_x02_nothing_is_refused_or_lost_when_the_broker_is_killed_twice_under_load(own_store, own_broker):
    is_over = asyncio.Event()
    said: dict[str, int] = {}

    async def speak(key: str) -> None:
        for number in count():
            await queue.publish(INBOUND, [publication(f"{key}/{number:06}", key)])
            said[key] = number + 1
            if is_over.is_set():
                return
            await asyncio.sleep(0.02)

    async with own_store.opened() as queue, asyncio.timeout(150), asyncio.TaskGroup() as group:
        for key in range(20):
            group.create_task(speak(f"k{key}"))
        for _ in range(2):
            await asyncio.sleep(1)
            await asyncio.to_thread(own_broker.kill)
            await asyncio.sleep(1)
            await asyncio.to_thread(own_broker.start)
        await until_nothing_waits(own_store)
        is_over.set()

    wanted = {f"{key}/{number:06}" for key, most in said.items() for number in range(most)}
    async with own_store.opened() as queue:
        seen = await read_all(queue, wanted)
    assert set(seen) == wanted
    for key, most in said.items():
        assert firsts(seen, key) == [f"{key}/{number:06}" for number in range(most)]


async def test_x04_a_broker_with_an_alarm_makes_nobody_wait_but_the_first(own_store, own_broker, monkeypatch):
    monkeypatch.setattr(rabbit_session, "PATIENCE", 2.0)
    async with own_store.opened() as queue:
        await queue.publish(INBOUND, [publication("before")])
        await asyncio.to_thread(own_broker.control, "set_vm_memory_high_watermark", "absolute", "1")
        try:
            await queue.publish(INBOUND, [publication("first")])
            # Each alone would wait for two seconds, did they ask the broker.
            async with asyncio.timeout(30):
                for number in range(100):
                    await queue.publish(INBOUND, [publication(f"m{number}")])
            assert waiting_in(own_store) >= 100
        finally:
            await asyncio.to_thread(own_broker.control, "set_vm_memory_high_watermark", "0.4")

        await read_all(queue, {"before", "first", *(f"m{number}" for number in range(100))})
        await until_nothing_waits(own_store)


async def test_x06_a_full_queue_holds_up_its_own_messages_alone(own_store, own_broker):
    name = own_store.prefix
    limit = ("set_policy", "full", f"^{name}.outbound.email$", '{"max-length": 1}', "--apply-to", "queues")
    async with own_store.opened() as queue:
        await queue.publish(outbound("email"), [publication("mail0", "mails")])
        await asyncio.to_thread(own_broker.control, *limit)
        for number in range(1, 20):
            await queue.publish(outbound("email"), [publication(f"mail{number}", "mails")])
        await queue.publish(INBOUND, [publication("in")])
        assert waiting_in(own_store) > 5
        assert await read_all(queue, {"in"}) == ["in"]

        # As the queue is emptied, it takes the others.
        seen: list[str] = []
        async with queue.consume(outbound("email"), limit=50, linger=timedelta(0)) as consumer:
            while len(seen) < 20:
                leases = await consumer.next_batch()
                seen += names(leases)
                await consumer.ack(leases)
    await asyncio.to_thread(own_broker.control, "clear_policy", "full")
    assert seen == [f"mail{number}" for number in range(20)]


async def test_one_message_the_broker_never_takes_stops_no_other(own_store):
    async with own_store.opened() as queue:
        await queue.publish(INBOUND, [Publication("poison", "poison", b"x" * TOO_LARGE)])
        for number in range(50):
            await queue.publish(INBOUND, [publication(f"m{number}")])

        assert "poison" not in await read_all(queue, {f"m{number}" for number in range(50)})
        while waiting_in(own_store) > 1:
            await asyncio.sleep(0.05)
        await queue.publish(INBOUND, [publication("later")])
        await read_all(queue, {"later"})
        assert waiting_in(own_store) == 1


async def test_x17_a_line_that_went_dead_without_a_word_is_left_and_loses_nothing(store, line, monkeypatch):
    monkeypatch.setattr(rabbit_session, "PATIENCE", 1.5)
    monkeypatch.setattr(rabbit_session, "_FAREWELL", 0.2)
    async with deaf_line(line.port) as deaf:
        through = replace(store, place=f"amqp://guest:guest@127.0.0.1:{deaf.port}/")
        async with through.opened() as queue:
            await queue.publish(INBOUND, [publication("before")])
            deaf.go_deaf()

            async with asyncio.timeout(30):
                for number in range(100):
                    await queue.publish(INBOUND, [publication(f"m{number}")])
            await until_nothing_waits(store)

    async with store.opened() as queue:
        await read_all(queue, {"before", *(f"m{number}" for number in range(100))})


async def test_s24_x04_beyond_its_limit_the_file_takes_no_more_and_goes_on_once_it_was_emptied(store, line):
    small = replace(store, max_bytes=3_000_000)
    body = b"x" * 100_000
    async with small.opened() as queue:
        line.cut()
        stored = 0
        with pytest.raises(NoRoom):
            for number in range(100):
                await queue.publish(INBOUND, [Publication(f"m{number}", "k", body)])
                stored += 1
        assert 20 < stored < 30
        assert (Path(store.folder) / BACKLOG).stat().st_size <= 3_000_000
        line.mend()
        assert await read_all(queue, {f"m{number}" for number in range(stored)})
        await until_nothing_waits(store)

        line.cut()
        await queue.publish(INBOUND, [Publication("again", "k", body)])
        line.mend()
        assert await read_all(queue, {"again"}) == ["again"]


async def test_it_says_that_it_could_store_while_either_file_or_broker_can(store, line):
    small = replace(store, max_bytes=300_000)
    async with small.opened() as queue:
        await queue.publish(INBOUND, [])
        line.cut()
        await queue.publish(INBOUND, [publication("m")])
        await queue.publish(INBOUND, [])
        with pytest.raises(NoRoom):
            for number in range(100):
                await queue.publish(INBOUND, [Publication(f"m{number}", "k", b"x" * 20_000)])
        with pytest.raises(Unavailable):
            await queue.publish(INBOUND, [])


async def test_a_publisher_cancelled_half_way_leaves_the_count_right(store, line):
    line.cut()
    async with store.opened() as queue:
        for number in range(60):
            task = asyncio.create_task(queue.publish(INBOUND, [publication(f"m{number}", f"k{number % 3}")]))
            await asyncio.sleep(0.0002 * (number % 5))
            task.cancel()
        await queue.publish(INBOUND, [publication("last", "k0")])
        stored = waiting_in(store)
        line.mend()
        await read_all(queue, {"last"})
        await until_nothing_waits(store)
        assert stored > 1
        # Their keys are free again: these go straight, and nothing is stored any more.
        line_is_used = [publication(f"after{number}", f"k{number % 3}") for number in range(3)]
        await queue.publish(INBOUND, line_is_used)
        assert waiting_in(store) == 0


async def test_two_processes_never_forward_from_one_file(store):
    async with store.opened():
        with pytest.raises(Misconfigured):
            async with store.opened():
                pass


async def test_what_was_forwarded_comes_no_more_after_a_restart(store, line):
    line.cut()
    async with store.opened() as queue:
        await queue.publish(INBOUND, [publication("m")])
        line.mend()
        assert await read_all(queue, {"m"}) == ["m"]
        await until_nothing_waits(store)

    async with store.opened() as queue, reading(queue) as consumer:
        await nothing_comes(queue, consumer)
