"""The intake worker: every message ends filed or as a dead letter, and harms no other."""

import asyncio
from collections.abc import Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import pytest

from core import clock
from core.attachments import FileBlobs
from core.decision import Reason
from core.deliveries import DeliveryRef
from core.errors import Unavailable
from core.ids import new_id
from core.keys import Key, SealingKeys, SigningKeys
from core.message import RefusedMessage, encode
from core.profile_loading import load_profile
from core.queues import INBOUND, MAX_ATTEMPTS, Publication, Queue, outbound
from core.tickets.office import Office
from core.tickets.tables import Intake
from gateway import worker
from gateway.brokers.local import LocalQueue

CALM = timedelta(milliseconds=50)


@pytest.fixture
def desk(tmp_path) -> Office:
    """An office without a database, for filers that keep what they get in a list."""
    keys = [Key("test", b"0" * 32)]
    return Office(load_profile("instituicoes"), SigningKeys(keys), SealingKeys(keys), FileBlobs(tmp_path))


@pytest.fixture
async def queue(tmp_path):
    queue = LocalQueue(tmp_path / "queue.sqlite3")
    yield queue
    await queue.close()


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(worker, "DELAYS", (timedelta(0),) * 4)


class Ledger:
    """A filer that remembers each batch, and fails as it is told."""

    def __init__(self, poison: str = "", away: int = 0, refs: Sequence[DeliveryRef] = ()) -> None:
        self.batches: list[list[str]] = []
        self.filed: list[str] = []
        self._poison = poison
        self._away = away
        self._refs = list(refs)

    async def __call__(self, messages, office: Office, now: datetime) -> list[DeliveryRef]:
        channels = [message.channel for message in messages]
        self.batches.append(channels)
        if self._away:
            self._away -= 1
            raise Unavailable("the database is away")
        if self._poison in channels:
            raise ValueError("text of ana@inst.example")
        self.filed += channels
        return self._refs

    async def has(self, number: int) -> None:
        while len(self.filed) < number:
            await asyncio.sleep(0.01)


def refused(name: str) -> Publication:
    """A message that is told by its channel."""
    message = RefusedMessage(
        intake_id=new_id(), channel=name, reason=Reason.OUT_OF_SCOPE, received_at=clock.now())
    return Publication(str(message.intake_id), name, encode(message))


@asynccontextmanager
async def at_work(queue: Queue, office: Office, file):
    task = asyncio.create_task(worker.work(queue, office, file))
    try:
        async with asyncio.timeout(60):
            yield
    finally:
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled(), task.exception()


async def dead(queue: Queue, number: int):
    while len(letters := await queue.dead_letters()) < number:
        await asyncio.sleep(0.02)
    return letters


async def left_over(queue: Queue) -> list[str]:
    """Publish a marker and read up to it: whatever else is still there comes first."""
    await queue.publish(INBOUND, [Publication("marker", "marker", b"")])
    seen: list[str] = []
    async with queue.consume(INBOUND, limit=100, linger=CALM) as consumer:
        while "marker" not in seen:
            seen += [lease.publication.message_id for lease in await consumer.next_batch()]
    return [each for each in seen if each != "marker"]


async def test_what_waits_is_filed_together_and_leaves_the_queue(queue, desk):
    wanted = [f"m{number}" for number in range(30)]
    await queue.publish(INBOUND, [refused(name) for name in wanted])
    ledger = Ledger()

    async with at_work(queue, desk, ledger):
        await ledger.has(30)
        await asyncio.sleep(0.1)

    assert ledger.batches == [wanted]
    assert await left_over(queue) == []


async def test_one_poisonous_message_harms_no_other_and_is_set_aside(queue, desk):
    """X07."""
    await queue.publish(INBOUND, [refused(name) for name in ("a", "poison", "b")])
    ledger = Ledger(poison="poison")

    async with at_work(queue, desk, ledger):
        (letter,) = await dead(queue, 1)

    assert ledger.filed == ["a", "b"]
    assert ledger.batches.count(["poison"]) == MAX_ATTEMPTS
    assert letter.reason == "ValueError"
    assert await left_over(queue) == []


async def test_a_body_that_is_no_message_of_ours_is_set_aside(queue, desk):
    await queue.publish(INBOUND, [refused("a"), Publication("nonsense", "n", b"{}"), refused("b")])
    ledger = Ledger()

    async with at_work(queue, desk, ledger):
        (letter,) = await dead(queue, 1)

    assert sorted(ledger.filed) == ["a", "b"]
    assert (letter.id, letter.reason) == ("nonsense", "ValueError")


async def test_a_replayed_message_is_filed_once_its_cause_is_gone(queue, desk):
    await queue.publish(INBOUND, [refused("poison")])
    async with at_work(queue, desk, Ledger(poison="poison")):
        (letter,) = await dead(queue, 1)

    await queue.replay(letter.id)
    ledger = Ledger()
    async with at_work(queue, desk, ledger):
        await ledger.has(1)

    assert ledger.filed == ["poison"]


async def test_a_database_that_is_away_makes_all_wait_and_counts_against_none(queue, desk):
    """X10."""
    await queue.publish(INBOUND, [refused("a"), refused("b")])
    ledger = Ledger(away=3)

    async with at_work(queue, desk, ledger):
        await ledger.has(2)

    assert ledger.batches == [["a", "b"]] * 4
    assert await queue.dead_letters() == []


async def test_a_message_that_takes_too_long_is_given_up_and_the_others_are_filed(queue, office, monkeypatch):
    """X08, while the database answers."""
    monkeypatch.setattr(worker, "DEADLINE", 0.05)
    await queue.publish(INBOUND, [refused("slow"), refused("quick")])
    filed: list[str] = []

    async def file(messages, office, now):
        if "slow" in [message.channel for message in messages]:
            await asyncio.sleep(60)
        filed.extend(message.channel for message in messages)
        return []

    async with at_work(queue, office, file):
        (letter,) = await dead(queue, 1)

    assert (filed, letter.reason) == (["quick"], "TimeoutError")


async def test_a_database_that_hangs_counts_against_none(queue, desk, monkeypatch):
    """X10: no database is open here, so none answers while the filer hangs."""
    monkeypatch.setattr(worker, "DEADLINE", 0.05)
    await queue.publish(INBOUND, [refused("a"), refused("b")])
    ledger, tries = Ledger(), 0

    async def file(messages, office, now):
        nonlocal tries
        tries += 1
        if tries <= 3:
            await asyncio.sleep(60)
        return await ledger(messages, office, now)

    async with at_work(queue, desk, file):
        await ledger.has(2)

    assert ledger.batches == [["a", "b"]]
    assert await queue.dead_letters() == []


async def test_what_a_dead_consumer_held_is_filed_alone_and_in_its_place(queue, desk, tmp_path):
    """DESIGN.md §2, 8: one of them may be what killed it."""
    await queue.publish(INBOUND, [refused("suspect1"), refused("suspect2")])
    other = LocalQueue(tmp_path / "queue.sqlite3")
    dying = other.consume(INBOUND, limit=2, linger=timedelta(0))
    await (await dying.__aenter__()).next_batch()
    await other.close()   # its leases stay, as if its process had died
    await queue.publish(INBOUND, [refused("a"), refused("b")])
    ledger = Ledger()

    async with at_work(queue, desk, ledger):
        await ledger.has(4)

    assert ledger.batches == [["suspect1"], ["suspect2"], ["a", "b"]]


async def test_deliveries_are_announced_once_they_are_committed(queue, desk):
    ref = DeliveryRef(new_id(), "email")
    await queue.publish(INBOUND, [refused("a")])

    async with (
        at_work(queue, desk, Ledger(refs=[ref])),
        queue.consume(outbound("email"), limit=5, linger=timedelta(0)) as dispatcher,
    ):
        (lease,) = await dispatcher.next_batch()

    assert lease.publication.body == str(ref.id).encode()


async def test_a_message_reaches_the_database(queue, office):
    publication = refused("email")
    await queue.publish(INBOUND, [publication])

    async with at_work(queue, office, worker.file_batch):
        while not (row := await Intake.get_or_none(id=publication.message_id)):
            await asyncio.sleep(0.01)

    assert (row.outcome, row.reason) == ("refused", "out_of_scope")


async def test_a_worker_that_ends_while_filing_leaves_its_messages_to_the_next(queue, desk):
    await queue.publish(INBOUND, [refused("a")])
    is_filing = asyncio.Event()

    async def file(messages, office, now):
        is_filing.set()
        await asyncio.Event().wait()
        return []

    async with at_work(queue, desk, file):
        await is_filing.wait()

    ledger = Ledger()
    async with at_work(queue, desk, ledger):
        await ledger.has(1)
