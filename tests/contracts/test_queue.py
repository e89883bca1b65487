"""What every queue promises, asked of each of them: local, RabbitMQ, forwarding, and all under seal."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from core.keys import Key, SealingKeys
from core.queues import INBOUND, Consumer, Lease, Publication, Queue, outbound
from gateway.brokers.sealed import UNREADABLE
from tests.contracts.queue_kinds import Store

NOW = timedelta(0)
SHORT = timedelta(seconds=1)

KINDS = [
    pytest.param(("local", False), id="local"),
    pytest.param(("local", True), id="local-sealed"),
    pytest.param(("rabbitmq", False), id="rabbitmq", marks=pytest.mark.services),
    pytest.param(("rabbitmq", True), id="rabbitmq-sealed", marks=pytest.mark.services),
    pytest.param(("forwarding", True), id="forwarding-sealed", marks=pytest.mark.services),
]
SEALED = [kind for kind in KINDS if kind.id.endswith("sealed")]


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    kind, is_sealed = request.param
    if kind == "local":
        return Store(kind, str(tmp_path / "queue.sqlite3"), is_sealed=is_sealed)
    prefix = request.getfixturevalue("rabbit_prefix")
    return Store(kind, request.getfixturevalue("rabbit_url"), prefix, is_sealed)


def publication(name: str, key: str = "") -> Publication:
    return Publication(name, key or name, f"body of {name}".encode())


def names(leases: Sequence[Lease]) -> list[str]:
    return [lease.publication.message_id for lease in leases]


async def take(consumer: Consumer, number: int) -> list[Lease]:
    """Exactly `number` leases, however many batches they come in."""
    leases: list[Lease] = []
    async with asyncio.timeout(60):
        while len(leases) < number:
            leases += await consumer.next_batch()
    assert len(leases) == number
    return leases


async def nothing_comes(queue: Queue, consumer: Consumer) -> None:
    """A marker published now is the first thing to come: nothing else was free."""
    await queue.publish(INBOUND, [publication("marker")])
    leases = await take(consumer, 1)
    assert names(leases) == ["marker"]
    await consumer.ack(leases)


def reading(queue: Queue, limit: int = 100):
    return queue.consume(INBOUND, limit=limit, linger=NOW)


class Other:
    """Another process at the store, and what it has told so far."""

    def __init__(self, process: subprocess.Popen) -> None:
        self._process = process
        self.told: list[str] = []

    async def tells(self, number: int) -> list[str]:
        for _ in range(number):
            line = await asyncio.to_thread(self._process.stdout.readline)
            self.told.append(line.strip())
        return self.told

    def kill(self) -> None:
        """SIGKILL, its death proven, and the last it said."""
        self._process.kill()
        assert self._process.wait(20) == -signal.SIGKILL
        self.told += [line.strip() for line in self._process.stdout if line.endswith("\n")]
        self._process.stdout.close()


@contextmanager
def another_process(verb: str, store: Store):
    command = [sys.executable, "-m", "tests.contracts.queue_process", verb, *store.arguments()]
    other = Other(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
    try:
        yield other
    finally:
        other.kill()


async def test_what_was_published_survives_closing_and_opening(store):
    async with store.opened() as queue:
        await queue.publish(INBOUND, [publication("one")])

    async with store.opened() as queue, reading(queue) as consumer:
        (lease,) = await take(consumer, 1)
        assert lease.publication.body == b"body of one"
        assert (lease.attempt, lease.redelivered) == (0, False)


async def test_messages_that_share_a_key_leave_in_order(store):
    async with store.opened() as queue:
        for number in range(60):
            await queue.publish(INBOUND, [publication(f"{number:02}", f"key{number % 5}")])

        by_key: dict[str, list[str]] = {}
        async with reading(queue, limit=7) as consumer:
            for _ in range(60):
                if sum(map(len, by_key.values())) == 60:
                    break
                leases = await consumer.next_batch()
                assert len(leases) <= 7
                for lease in leases:
                    by_key.setdefault(lease.publication.key, []).append(lease.publication.message_id)
                await consumer.ack(leases)

    assert len(by_key) == 5
    assert all(each == sorted(each) and len(each) == 12 for each in by_key.values())


async def test_messages_published_together_keep_their_order(store):
    async with store.opened() as queue:
        await queue.publish(INBOUND, [publication(f"{number:02}", "one key") for number in range(50)])

        async with reading(queue) as consumer:
            assert names(await take(consumer, 50)) == [f"{number:02}" for number in range(50)]


async def test_many_publish_at_once_and_everything_arrives_once(store):
    wanted = {f"m{number}" for number in range(500)}
    async with store.opened() as queue:
        await asyncio.gather(*[queue.publish(INBOUND, [publication(name)]) for name in wanted])

        async with reading(queue, limit=500) as consumer:
            assert sorted(names(await take(consumer, 500))) == sorted(wanted)


async def test_queues_do_not_mix(store):
    async with store.opened() as queue:
        await queue.publish(outbound("email"), [publication("out")])
        await queue.publish(INBOUND, [publication("in")])

        async with (
            reading(queue) as inbound,
            queue.consume(outbound("email"), limit=5, linger=NOW) as outgoing,
        ):
            assert names(await take(inbound, 1)) == ["in"]
            assert names(await take(outgoing, 1)) == ["out"]


async def test_what_was_acknowledged_never_comes_again(store):
    async with store.opened() as queue:
        await queue.publish(INBOUND, [publication(f"m{number}") for number in range(20)])
        async with reading(queue) as consumer:
            await consumer.ack(await take(consumer, 20))

    async with store.opened() as queue, reading(queue) as consumer:
        await nothing_comes(queue, consumer)


async def test_leases_may_be_settled_in_any_order_and_the_rest_returns_at_the_end(store):
    async with store.opened() as queue:
        await queue.publish(INBOUND, [publication(f"m{number}", "key") for number in range(5)])
        async with reading(queue) as consumer:
            leases = await take(consumer, 5)
            await consumer.ack([leases[1]])
            await consumer.ack([leases[4], leases[0]])

        async with reading(queue) as consumer:
            assert names(await take(consumer, 2)) == ["m2", "m3"]


async def test_a_retried_message_comes_back_with_one_attempt_more(store):
    async with store.opened() as queue, reading(queue) as consumer:
        await queue.publish(INBOUND, [publication("m")])
        for attempt in range(3):
            (lease,) = await take(consumer, 1)
            assert (lease.attempt, lease.publication.body) == (attempt, b"body of m")
            await consumer.retry(lease, SHORT)
        await consumer.ack(await take(consumer, 1))
        await nothing_comes(queue, consumer)


async def test_a_delayed_message_does_not_keep_other_keys_waiting(store):
    async with store.opened() as queue, reading(queue, limit=1) as consumer:
        await queue.publish(INBOUND, [publication("slow"), publication("quick")])
        leases = {lease.publication.message_id: lease for lease in
                  [*await take(consumer, 1), *await take(consumer, 1)]}
        await consumer.retry(leases["slow"], timedelta(minutes=4))
        await consumer.ack([leases["quick"]])
        await nothing_comes(queue, consumer)


async def test_a_buried_message_is_listed_with_its_reason_and_comes_no_more(store):
    async with store.opened() as queue:
        async with reading(queue) as consumer:
            await queue.publish(INBOUND, [publication("poison")])
            (lease,) = await take(consumer, 1)
            await consumer.bury(lease, "ValueError")
            await nothing_comes(queue, consumer)

        (letter,) = await queue.dead_letters()
        assert (letter.id, letter.queue, letter.reason) == ("poison", INBOUND, "ValueError")


async def bury_some(queue: Queue, number: int) -> list[str]:
    wanted = [f"m{each}" for each in range(number)]
    async with reading(queue) as consumer:
        for name in wanted:
            await queue.publish(INBOUND, [publication(name)])
            (lease,) = await take(consumer, 1)
            await consumer.bury(lease, "reason")
    return wanted


async def test_looking_at_dead_letters_loses_none_and_keeps_their_order(store):
    async with store.opened() as queue:
        wanted = await bury_some(queue, 8)

        for _ in range(25):
            assert [letter.id for letter in await queue.dead_letters()] == wanted


async def test_a_replayed_dead_letter_starts_anew_and_the_others_stay(store):
    async with store.opened() as queue:
        await bury_some(queue, 3)

        assert await queue.replay("m1")

        assert [letter.id for letter in await queue.dead_letters()] == ["m0", "m2"]
        async with reading(queue) as consumer:
            (lease,) = await take(consumer, 1)
            assert (lease.attempt, lease.publication.body) == (0, b"body of m1")


async def test_a_discarded_dead_letter_is_gone(store):
    async with store.opened() as queue:
        await bury_some(queue, 2)

        assert await queue.discard("m0")

        assert [letter.id for letter in await queue.dead_letters()] == ["m1"]
        async with reading(queue) as consumer:
            await nothing_comes(queue, consumer)


async def test_there_is_nothing_to_replay_or_discard_under_an_unknown_id(store):
    async with store.opened() as queue:
        assert not await queue.replay("nobody")
        assert not await queue.discard("nobody")


async def test_what_a_killed_consumer_held_comes_again_and_says_so(store):
    async with store.opened() as queue:
        await queue.publish(INBOUND, [publication(f"m{number}", "key") for number in range(3)])
        with another_process("hold", store) as other:
            assert await other.tells(3) == ["m0", "m1", "m2"]

        async with reading(queue) as consumer:
            leases = await take(consumer, 3)
            assert names(leases) == ["m0", "m1", "m2"]
            assert all(lease.redelivered and lease.attempt == 0 for lease in leases)


async def test_a_cancelled_wait_for_a_batch_loses_no_message(store):
    async with store.opened() as queue, reading(queue) as consumer:
        seen: list[str] = []
        for number in range(40):
            await queue.publish(INBOUND, [publication(f"m{number}", "key")])
            try:
                async with asyncio.timeout(0.0003 * number):
                    leases = await consumer.next_batch()
            except TimeoutError:
                continue
            seen += names(leases)
            await consumer.ack(leases)
        while len(seen) < 40:
            leases = await consumer.next_batch()
            seen += names(leases)
            await consumer.ack(leases)

    assert seen == [f"m{number}" for number in range(40)]


async def test_a_consumer_sees_what_another_process_publishes(store):
    async with store.opened() as queue, reading(queue) as consumer:
        with another_process("publish", store) as other:
            confirmed = await other.tells(50)
            seen: set[str] = set()
            async with asyncio.timeout(60):
                while not seen.issuperset(confirmed):
                    leases = await consumer.next_batch()
                    seen.update(names(leases))
                    await consumer.ack(leases)


async def test_what_a_killed_publisher_had_confirmed_is_all_there(store):
    with another_process("publish", store) as other:
        await other.tells(300)

    seen: dict[str, bytes] = {}
    async with store.opened() as queue, reading(queue) as consumer, asyncio.timeout(60):
        while not seen.keys() >= set(other.told):
            leases = await consumer.next_batch()
            seen |= {lease.publication.message_id: lease.publication.body for lease in leases}
            await consumer.ack(leases)
    assert all(body == b"body of " + name.encode() for name, body in seen.items())


async def test_publishing_nothing_only_asks_whether_it_could(store):
    async with store.opened() as queue, reading(queue) as consumer:
        await queue.publish(INBOUND, [])
        await nothing_comes(queue, consumer)


@pytest.mark.parametrize("store", SEALED, indirect=True)
async def test_the_broker_sees_neither_body_nor_key_whatever_happens_to_a_message(store):
    async with store.opened() as queue:
        async with reading(queue) as consumer:
            await queue.publish(INBOUND, [Publication("retried", "<ana@inst.example>", b"dear desk")])
            (lease,) = await take(consumer, 1)
            assert lease.publication.body == b"dear desk"
            await consumer.retry(lease, NOW)
            await queue.publish(INBOUND, [Publication("buried", "<ana@inst.example>", b"dear desk")])
            for lease in await take(consumer, 2):
                if lease.publication.message_id == "buried":
                    await consumer.bury(lease, "reason")
        await queue.replay("buried")

    async with store.bare() as queue, reading(queue) as consumer:
        leases = await take(consumer, 2)
        assert sorted(names(leases)) == ["buried", "retried"]
        assert not any(b"dear desk" in lease.publication.body for lease in leases)
        assert not any("ana" in lease.publication.key for lease in leases)


@pytest.mark.parametrize("store", SEALED, indirect=True)
async def test_a_body_that_does_not_open_is_buried_and_comes_back_with_its_key(store):
    old = SealingKeys([Key("lost", b"l" * 32)])
    async with store.opened(old) as queue:
        await queue.publish(INBOUND, [publication("unreadable")])

    async with store.opened() as queue:
        async with reading(queue) as consumer:
            await nothing_comes(queue, consumer)
        (letter,) = await queue.dead_letters()
        assert (letter.id, letter.reason) == ("unreadable", UNREADABLE)

    async with store.opened(old) as queue:
        await queue.replay("unreadable")
        async with reading(queue) as consumer:
            (lease,) = await take(consumer, 1)
            assert lease.publication.body == b"body of unreadable"
