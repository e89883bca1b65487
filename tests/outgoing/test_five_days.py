"""A relay that is ill for days: when we try, when we give up, and what a killed dispatcher leaves behind."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from core import clock
from core.deliveries import Delivery, DeliveryKind, DeliveryState
from core.settings import Settings
from core.tickets.failing import note_failed_delivery
from core.tickets.intake import file_batch
from core.tickets.office import Office
from core.tickets.tables import Entry, Event
from gateway.channels.failure import SendFailed
from gateway.delivering import take, take_back_leases
from gateway.dispatch import deliver
from gateway.scheduler import announce_due
from tests.fakes.relay import HANG, fake_relay
from tests.harness.post import mail, post
from tests.harness.process import GuicheProcess
from tests.outgoing.test_dispatch import Announced, Failing, ids, opened
from tests.tickets.conftest import Cast, Say

Clock = Callable[[timedelta], datetime]


@pytest.fixture
def advance(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that stands still until it is moved."""
    at = [clock.now()]
    monkeypatch.setattr(clock, "now", lambda: at[0])

    def move(by: timedelta) -> datetime:
        at[0] += by
        return at[0]

    return move


class AlwaysIll(Failing):
    """A relay that answers 451 whatever it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.tried: list[datetime] = []

    async def send(self, facts: object) -> None:
        self.tried.append(clock.now())
        raise SendFailed("the relay answered 451 4.3.0")


async def test_O12_a_relay_that_is_ill_for_days_is_asked_soon_then_rarely_and_given_up_after_five(
    office: Office, cast: Cast, say: Say, advance: Clock
) -> None:
    ticket = await opened(office, cast, say)
    which = await ids(kind=DeliveryKind.ACKNOWLEDGEMENT)
    began, channel = clock.now(), AlwaysIll()
    while (row := await Delivery.get(id=which[0])).state != DeliveryState.FAILED:
        advance(max(row.next_try_at - clock.now(), timedelta(0)))
        await deliver(which, channel, office)

    pauses = [later - earlier for earlier, later in pairwise(channel.tried)]
    assert pauses[0] <= timedelta(seconds=60)
    assert all(later >= earlier for earlier, later in pairwise(pauses))
    assert max(pauses) == timedelta(hours=8)
    assert timedelta(days=5) <= channel.tried[-1] - began < timedelta(days=5, hours=8)
    assert len(channel.tried) < 40
    said = await Entry.filter(ticket_id=ticket.id, kind="system").first()
    assert said is not None
    assert "451 4.3.0" in said.text
    assert await Event.filter(ticket_id=ticket.id, kind="delivery_failed").count() == 1


async def test_O12_within_five_days_the_first_good_answer_sends_it(
    office: Office, cast: Cast, say: Say, advance: Clock
) -> None:
    await opened(office, cast, say)
    which = await ids(kind=DeliveryKind.ACKNOWLEDGEMENT)
    channel = Failing(*[SendFailed("the relay does not answer")] * 18)
    while (row := await Delivery.get(id=which[0])).state != DeliveryState.SENT:
        advance(max(row.next_try_at - clock.now(), timedelta(0)))
        await deliver(which, channel, office)
    assert timedelta(days=2) < clock.now() - row.created_at < timedelta(days=5)
    assert len(channel.sent) == 1
    assert await Entry.filter(kind="system").count() == 0


async def test_O13_each_recipient_has_an_outcome_of_his_own(office: Office, cast: Cast, say: Say) -> None:
    class RefusesClara(Failing):
        async def send(self, facts: object) -> None:
            if facts.address == cast.clara.email:
                raise SendFailed("the relay answered 550 5.1.1", permanent=True)
            await super().send(facts)

    await opened(office, cast, say)
    await deliver(await ids(), RefusesClara(), office)
    states = {(each.recipient_kind, each.recipient_id): each.state for each in await Delivery.all()}
    assert states == {
        ("person", cast.ana.id): "sent", ("agent", cast.clara.id): "failed", ("agent", cast.lia.id): "sent",
    }


async def test_O11_the_only_dispatcher_takes_its_own_leases_back_at_once(
    office: Office, cast: Cast, say: Say
) -> None:
    await opened(office, cast, say)
    now = clock.now()
    taken = await take(await ids(), now)
    assert await take(await ids(), now) == []
    await take_back_leases(now)
    queue = Announced()
    await announce_due(queue, {}, now)
    assert sorted(queue.said) == sorted(str(each.id) for each in taken)
    assert {each.attempts for each in await take(await ids(), now)} == {2}


async def test_O11_a_killed_process_sends_what_it_had_in_hand_as_soon_as_it_is_back(tmp_path: Path) -> None:
    async with fake_relay() as fake:
        fake.script.append(HANG)
        settings = {
            "GUICHE_SMTP_LISTEN": "127.0.0.1:0", "GUICHE_HTTP_LISTEN": "127.0.0.1:0", "GUICHE_RELAY_URL": fake.url,
        }
        process = GuicheProcess("guiche", ["demo"], tmp_path / "data", settings)
        try:
            await asyncio.to_thread(process.start)
            host, _, port = process.ready["smtp"].rpartition(":")
            raw = mail("ana@org-a.example", "atendimento@instituicoes.example", "Boletim", "Não abre.")
            code, _ = await asyncio.to_thread(
                post, (host, int(port)), raw, "ana@org-a.example", "atendimento@instituicoes.example"
            )
            assert code == 250
            await _until(lambda: not fake.script, "the relay had one mail in hand")
            await asyncio.to_thread(process.kill)
            await asyncio.to_thread(process.start)
            await _until(lambda: len({each.recipients for each in fake.taken}) == 3, "all three mails came")
            await asyncio.to_thread(process.stop)
        finally:
            process.end()
    ids_of = [each.content.partition(b"Message-ID: <")[2].partition(b">")[0] for each in fake.taken]
    assert len(set(ids_of)) == 3


async def _until(claim: Callable[[], bool], what: str) -> None:
    async with asyncio.timeout(60):
        while not claim():
            await asyncio.sleep(0.05)
    assert claim(), what


def test_only_an_embedded_house_knows_that_its_leases_are_its_own() -> None:
    assert Settings(database_url="sqlite:///x", broker_url="local:").is_embedded
    assert not replace(Settings(), database_url="postgres://x/y", broker_url="amqp://x").is_embedded


async def test_O11_a_failure_told_too_late_undoes_no_other_dispatchers_outcome(office, cast, say):
    await file_batch([say(cast.ana)], office, clock.now())
    [delivery] = await take([(await Delivery.get(kind="acknowledgement")).id], clock.now())
    await Delivery.filter(id=delivery.id).update(state="sent", attempts=2)

    await note_failed_delivery(delivery, "Ana", "the relay answered 550", office)

    assert (await Delivery.get(id=delivery.id)).state == "sent"
    assert not await Entry.filter(kind="system").exists()
