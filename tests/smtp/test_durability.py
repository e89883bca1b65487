"""250 is a promise: with the real local queue and real files behind the door."""

import asyncio
from datetime import timedelta

from core.keys import Key, SealingKeys
from core.message import InboundMessage, decode
from core.queues import INBOUND
from core.settings import load_settings
from gateway.brokers import open_queue
from tests.smtp.mails import ANA, SUPPORT, mail

LINGER = timedelta(milliseconds=5)
SESSIONS = 20
SEALING = SealingKeys([Key("test", b"0" * 32)])


async def test_s06_what_was_answered_250_is_in_the_queue_of_the_next_process(open_door, tmp_path):
    settings = load_settings({"GUICHE_DATA_DIR": str(tmp_path / "data")}, demo=True)
    async with open_queue(settings, SEALING) as queue, open_door(queue) as door:
        client = await door.guest()
        assert (await client.post(mail(), ANA, SUPPORT)).startswith("250 ")
        assert (await client.post(mail(subject="Grande", text="x" * 100_000), ANA, SUPPORT)).startswith("250 ")

    found = []
    async with open_queue(settings, SEALING) as queue, queue.consume(INBOUND, limit=10, linger=LINGER) as consumer:
        while len(found) < 2:
            leases = await consumer.next_batch()
            found += [decode(lease.publication.body) for lease in leases]
            await consumer.ack(leases)

    assert {each.title for each in found if isinstance(each, InboundMessage)} == {"Nota", "Grande"}
    large = next(each for each in found if isinstance(each, InboundMessage) and each.title == "Grande")
    assert large.raw is not None and large.raw.content is None
    assert len((tmp_path / "blobs" / large.raw.digest[:2] / large.raw.digest).read_bytes()) == large.size


async def test_s07_no_250_while_large_bytes_cannot_be_written(open_door, tmp_path):
    (tmp_path / "blobs").write_text("a file where the folder should be")
    async with open_door() as door:
        client = await door.guest()
        assert (await client.post(mail(text="x" * 100_000), ANA, SUPPORT)).startswith("451 4.3.0 ")
        assert (await client.post(mail(), ANA, SUPPORT)).startswith("250 ")

    assert [each.title for each in door.queue.messages] == ["Nota"]


async def test_many_sessions_at_once_lose_and_mix_nothing(open_door):
    async with open_door() as door:
        clients = [await door.guest() for _ in range(SESSIONS)]

        async def talk(number: int) -> list[str]:
            return [
                await clients[number].post(mail(subject=f"{number}/{n}", text=f"{number}/{n} " * 500), ANA, SUPPORT)
                for n in range(5)
            ]

        answers = await asyncio.gather(*(talk(number) for number in range(SESSIONS)))

    assert all(each.startswith("250 ") for row in answers for each in row)
    titles = sorted(each.title for each in door.queue.messages)
    assert titles == sorted(f"{number}/{n}" for number in range(SESSIONS) for n in range(5))
    assert all(each.text == f"{each.title} " * 499 + each.title for each in door.queue.messages)

