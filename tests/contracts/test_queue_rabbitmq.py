"""What only RabbitMQ has to prove: what is declared, and every way in which it goes away and comes back."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import count

import aio_pika
import pytest

from core.errors import Unavailable
from core.queues import INBOUND, outbound
from gateway.brokers import rabbit_reading, rabbit_session
from gateway.brokers.rabbit_topology import DELAYS, DELIVERY_LIMIT, Topology
from tests.contracts.queue_kinds import Store
from tests.contracts.test_queue import names, nothing_comes, publication, reading, take
from tests.fakes.deaf_line import deaf_line
from tests.services.private_rabbitmq import PrivateBroker, private_broker
from tests.services.rabbitmq import installed

pytestmark = pytest.mark.services


@pytest.fixture
def store(rabbit_url: str, rabbit_prefix: str) -> Store:
    return Store("rabbitmq", rabbit_url, rabbit_prefix)


@pytest.fixture(scope="module")
def own_broker() -> Iterator[PrivateBroker]:
    installed()
    with private_broker() as broker:
        yield broker


@pytest.fixture
def own_store(own_broker: PrivateBroker, request: pytest.FixtureRequest) -> Store:
    own_broker.ensure()
    return Store("rabbitmq", own_broker.url, request.node.name)


def queue_names(store: Store) -> list[str]:
    topology = Topology(store.prefix)
    return [*topology.queues(INBOUND), *topology.queues(outbound("email")), topology.dead,
            *[f"{store.prefix}.retry.{delay}" for delay in DELAYS]]


async def test_messages_are_persistent_and_carry_nothing_of_their_text(store):
    """M13: aio-pika's default loses every message with the broker."""
    async with store.opened() as queue:
        await queue.publish(outbound("email"), [publication("m")])
        async with await aio_pika.connect(store.place) as connection:
            channel = await connection.channel()
            there = await channel.get_queue(f"{store.prefix}.outbound.email")
            message = await there.get()
            assert message.delivery_mode == aio_pika.DeliveryMode.PERSISTENT
            assert set(message.headers) - {"x-delivery-count"} == {"queue", "id", "key", "attempt"}


KEEPS = {"x-queue-type": "quorum", "x-overflow": "reject-publish"}


def expected(store: Store, name: str) -> dict[str, object]:
    """The arguments that keep what the queue holds, written down a second time."""
    returns = {"x-dead-letter-exchange": store.prefix, "x-dead-letter-strategy": "at-least-once"}
    if name.endswith(".dead"):
        return KEEPS | {"x-delivery-limit": 1_000_000_000}
    if ".retry." in name:
        return KEEPS | returns | {"x-message-ttl": 1000 * int(name.rpartition(".")[2])}
    return KEEPS | returns | {
        "x-delivery-limit": 50, "x-dead-letter-routing-key": f"{store.prefix}.dead",
        "x-single-active-consumer": ".inbound." in name,
    }


async def test_no_queue_may_drop_what_it_holds(store):
    """X06, M15: the broker refuses a declaration that differs in anything from what is there."""
    async with store.opened(), await aio_pika.connect(store.place) as connection:
        channel = await connection.channel()
        for name in queue_names(store):
            await channel.declare_queue(name, durable=True, arguments=expected(store, name))


async def test_the_same_key_always_goes_to_the_same_part():
    topology = Topology("guiche")

    parts = {topology.queue_for(INBOUND, f"key{number}") for number in range(100)}

    assert parts == set(topology.queues(INBOUND))
    assert topology.queue_for(INBOUND, "conversation") == "guiche.inbound.2"


@pytest.mark.parametrize(("wanted", "given"), [(0, 1), (1, 1), (2, 5), (30, 30), (31, 300), (3600, 300)])
async def test_the_shortest_delay_that_is_long_enough_is_taken(wanted, given):
    assert Topology("p").delay(timedelta(seconds=wanted)) == f"p.retry.{given}"


async def test_a_message_beyond_the_brokers_delivery_limit_is_a_dead_letter(store):
    """X07: the limit is set by us, and what exceeds it is kept."""
    async with store.opened() as queue:
        await queue.publish(outbound("email"), [publication("deadly")])
        async with await aio_pika.connect(store.place) as connection:
            channel = await connection.channel()
            there = await channel.get_queue(f"{store.prefix}.outbound.email")
            for _ in range(DELIVERY_LIMIT + 1):
                await (await there.get()).nack(requeue=True)

        async with asyncio.timeout(20):
            while not (letters := await queue.dead_letters()):
                await asyncio.sleep(0.1)
        assert [(letter.id, letter.queue, letter.reason) for letter in letters] == [
            ("deadly", "outbound.email", "delivery_limit")]
        assert await queue.replay("deadly")
        async with queue.consume(outbound("email"), limit=1, linger=timedelta(0)) as consumer:
            assert names(await take(consumer, 1)) == ["deadly"]


async def delete_queues(store: Store) -> None:
    async with await aio_pika.connect(store.place) as connection:
        channel = await connection.channel()
        for name in queue_names(store):
            await channel.queue_delete(name)


async def test_a_deleted_queue_is_made_again_by_whoever_publishes(store):
    """M14: without a queue the broker says yes to a message and drops it."""
    async with store.opened() as queue:
        await delete_queues(store)
        await queue.publish(INBOUND, [publication(f"m{number}") for number in range(30)])

        async with reading(queue) as consumer:
            assert sorted(names(await take(consumer, 30))) == sorted(f"m{number}" for number in range(30))


async def test_a_consumer_whose_queue_is_deleted_reads_the_new_one(store):
    """X03."""
    async with store.opened() as queue, reading(queue) as consumer:
        waiting = asyncio.create_task(consumer.next_batch())
        await asyncio.sleep(0)
        await delete_queues(store)
        await queue.publish(INBOUND, [publication("m")])

        async with asyncio.timeout(60):
            assert names(await waiting) == ["m"]


async def test_a_broker_that_is_away_is_unavailable_at_once_and_served_when_it_comes(own_store, own_broker):
    own_broker.kill()
    async with own_store.opened() as queue:
        for _ in range(3):
            with pytest.raises(Unavailable):
                await queue.publish(INBOUND, [publication("lost")])
        with pytest.raises(Unavailable):
            await queue.publish(INBOUND, [])
        async with reading(queue) as consumer:
            waiting = asyncio.create_task(consumer.next_batch())
            await asyncio.to_thread(own_broker.start)
            await queue.publish(INBOUND, [publication("kept")])
            leases = await waiting
            assert names(leases) == ["kept"]
            await consumer.ack(leases)


async def test_a_broker_that_stops_answering_never_makes_a_publisher_hang(own_store, own_broker, monkeypatch):
    """X04, X05, X17: an open connection on which no confirm comes."""
    monkeypatch.setattr(rabbit_session, "PATIENCE", 1.0)
    monkeypatch.setattr(rabbit_reading, "_ASK", 1.0)
    async with own_store.opened() as queue, reading(queue) as consumer:
        await queue.publish(INBOUND, [publication("before")])
        await consumer.ack(await take(consumer, 1))
        own_broker.pause()
        try:
            # The heartbeats would end it too, but not before half a minute has gone.
            async with asyncio.timeout(20):
                outcomes = await asyncio.gather(
                    *[queue.publish(INBOUND, [publication(f"m{number}")]) for number in range(300)],
                    return_exceptions=True)
            assert all(isinstance(outcome, Unavailable) for outcome in outcomes)
            waiting = asyncio.create_task(consumer.next_batch())
            await asyncio.sleep(3)
        finally:
            own_broker.resume()

        monkeypatch.setattr(rabbit_session, "PATIENCE", 10.0)
        async with asyncio.timeout(60):
            while True:
                try:
                    await queue.publish(INBOUND, [publication("after")])
                    break
                except Unavailable:
                    await asyncio.sleep(0.2)
            # What was not confirmed may have arrived all the same, and then comes first.
            seen = names(leases := await waiting)
            while "after" not in seen:
                await consumer.ack(leases)
                seen = names(leases := await consumer.next_batch())


async def test_a_line_that_went_dead_without_a_word_is_noticed_and_left(store, monkeypatch):
    """X17: publisher and consumer each open a new connection, before any heartbeat is missed."""
    monkeypatch.setattr(rabbit_session, "PATIENCE", 2.0)
    monkeypatch.setattr(rabbit_session, "_FAREWELL", 0.2)
    monkeypatch.setattr(rabbit_reading, "_ASK", 1.0)
    async with deaf_line(aio_pika.connection.make_url(store.place).port) as line:
        through = replace(store, place=f"amqp://guest:guest@127.0.0.1:{line.port}/")
        async with (
            through.opened() as queue,
            queue.consume(outbound("email"), limit=1, linger=timedelta(0)) as consumer,
            asyncio.timeout(16),
        ):
            await queue.publish(outbound("email"), [publication("before")])
            await consumer.ack(await take(consumer, 1))
            line.go_deaf()

            with pytest.raises(Unavailable):
                await queue.publish(outbound("email"), [publication("unheard")])
            await queue.publish(outbound("email"), [publication(f"after{number}") for number in range(9)])
            # The broker still gives some to the dead line, and takes them back later.
            assert names(await take(consumer, 1))[0].startswith("after")


async def test_nothing_confirmed_is_lost_when_the_broker_is_killed_under_load(own_store, own_broker):
    """X02: SIGKILL twice; publishers are told, consumers go on without help."""
    confirmed: set[str] = set()
    seen: set[str] = set()
    numbers = count()
    is_over = asyncio.Event()

    async def publish_on() -> None:
        while not is_over.is_set():
            name = f"m{next(numbers)}"
            try:
                await queue.publish(INBOUND, [publication(name)])
                confirmed.add(name)
            except Unavailable:
                await asyncio.sleep(0.1)

    async def consume_on() -> None:
        async with reading(queue) as consumer:
            while True:
                leases = await consumer.next_batch()
                seen.update(names(leases))
                await consumer.ack(leases)

    async def more_than(number: int) -> None:
        while len(confirmed) < number or len(seen) < number:
            await asyncio.sleep(0.05)

    async with own_store.opened() as queue, asyncio.timeout(180), asyncio.TaskGroup() as group:
        for _ in range(50):
            group.create_task(publish_on())
        consuming = group.create_task(consume_on())
        for _ in range(2):
            await more_than(len(confirmed) + 500)
            await asyncio.to_thread(own_broker.kill)
            await asyncio.to_thread(own_broker.start)
        await more_than(len(confirmed) + 500)
        is_over.set()
        while not seen >= confirmed:
            await asyncio.sleep(0.1)
        consuming.cancel()

    assert len(confirmed) >= 1500


async def test_a_retry_survives_the_brokers_death(own_store, own_broker):
    async with own_store.opened() as queue, reading(queue) as consumer:
        await queue.publish(INBOUND, [publication("m")])
        (lease,) = await take(consumer, 1)
        await consumer.retry(lease, timedelta(seconds=5))
        await asyncio.to_thread(own_broker.kill)
        await asyncio.to_thread(own_broker.start)

        attempts = []
        while 1 not in attempts:
            # The word that settled the original may have died with the broker: then both come.
            leases = await consumer.next_batch()
            attempts += [lease.attempt for lease in leases]
            await consumer.ack(leases)
        assert attempts in ([1], [0, 1])


async def test_what_was_leased_before_the_broker_died_comes_again_and_its_old_lease_is_harmless(
    own_store, own_broker
):
    async with own_store.opened() as queue, reading(queue) as consumer:
        await queue.publish(INBOUND, [publication("m1"), publication("m2")])
        old = await take(consumer, 2)
        await asyncio.to_thread(own_broker.kill)
        await asyncio.to_thread(own_broker.start)

        await consumer.ack(old)
        await consumer.retry(old[0], timedelta(0))

        again = await take(consumer, 2)
        assert {*names(again)} == {"m1", "m2"}
        assert all(lease.redelivered and lease.attempt == 0 for lease in again)
        await consumer.ack(again)
        await nothing_comes(queue, consumer)
