"""Too many mails through the door: deferred before anybody is looked up, and nobody else suffers."""

import pytest

from core.profile import Limits
from tests.fakes.dns import FakeDns, fake_dns
from tests.smtp.client import Client
from tests.smtp.mails import ANA, CARLA, STRANGER, SUPPORT, mail

FEW = Limits(sender_per_minute=3, domain_per_minute=5, peer_per_minute=8, total_per_minute=10)


@pytest.fixture
def dns():
    with fake_dns() as server:
        yield server


@pytest.fixture
async def door(open_door, dns: FakeDns, monkeypatch):
    async with open_door(GUICHE_TRUSTED_NETWORKS="", GUICHE_DNS_SERVER=dns.setting) as opened:
        profile = opened.desk.profile.model_copy(update={"limits": FEW})
        object.__setattr__(opened.desk, "profile", profile)
        yield opened


async def answers(door, senders: list[str]) -> list[str]:
    found = []
    for number, sender in enumerate(senders):
        answer = await (await door.guest()).post(mail(sender, message_id=f"<{number}@x.example>"), sender, SUPPORT)
        found.append(answer[:9])
    return found


async def test_IN15_L09_a_sender_beyond_his_measure_is_deferred_and_never_refused(door):
    assert await answers(door, [ANA] * 5) == ["250 2.0.0"] * 3 + ["421 4.7.0"] * 2
    assert len(door.queue.messages) == 3


async def test_L09_the_next_sender_is_served_as_ever(door):
    assert await answers(door, [ANA] * 4 + [CARLA]) == ["250 2.0.0"] * 3 + ["421 4.7.0", "250 2.0.0"]


async def test_L09_many_senders_of_one_domain_share_a_measure(door):
    found = await answers(door, [f"x{number}@longe.example" for number in range(6)])

    assert found == ["550 5.7.1"] * 5 + ["421 4.7.0"]


async def test_L09_many_domains_out_of_one_peer_share_a_measure(door):
    found = await answers(door, [f"x@longe{number}.example" for number in range(9)])

    assert found == ["550 5.7.1"] * 8 + ["421 4.7.0"]


async def test_L09_whoever_borrows_an_address_uses_up_his_own_measure(door):
    await answers(door, [ANA] * 4)
    elsewhere = await Client.connect(door.port, "127.0.0.9")
    door.clients.append(elsewhere)

    assert (await (await elsewhere.greet()).post(mail(), ANA, SUPPORT)).startswith("250 ")


async def test_IN15_nobody_is_looked_up_for_a_mail_too_many(door, dns, monkeypatch):
    await answers(door, [ANA] * 3)
    dns.asked.clear()
    door.desk.prover._resolver._kept.clear()
    monkeypatch.setattr(door.desk.directory, "by_email", None)

    assert await answers(door, [ANA]) == ["421 4.7.0"]
    assert not dns.asked


async def test_a_session_that_was_told_421_is_over(door):
    guest = await door.guest()
    for number in range(4):
        answer = await guest.post(mail(message_id=f"<{number}@x.example>"), ANA, SUPPORT)

    assert answer.startswith("421 4.7.0 rate_limited")
    assert await guest.is_closed()


async def test_trusted_peers_have_no_measure(open_door):
    async with open_door() as trusting:
        object.__setattr__(trusting.desk, "profile", trusting.desk.profile.model_copy(update={"limits": FEW}))
        assert await answers(trusting, [ANA] * 6) == ["250 2.0.0"] * 6


async def test_S18_whoever_tries_out_addresses_is_turned_away_for_a_while(door):
    tried = 0
    while tried < 1_000:
        client = await door.client()
        if (await client.answer()).startswith("421 4.7.0"):
            break
        await client.say("EHLO x")
        await client.say(f"MAIL FROM:<{STRANGER}>")
        while (await client.say(f"RCPT TO:<x{tried}@instituicoes.example>")).startswith("550 5.1.1"):
            tried += 1
            if tried % 20 == 0:
                break
        await client.close()

    assert tried == 201
    elsewhere = await Client.connect(door.port, "127.0.0.9")
    door.clients.append(elsewhere)
    assert (await elsewhere.answer()).startswith("220 ")
