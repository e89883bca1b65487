import asyncio
from ipaddress import ip_address, ip_network

import pytest

from gateway.channels import smtp_guard, smtp_limits
from tests.smtp.mails import ANA, STRANGER, SUPPORT, mail


async def test_s13_m2_the_hundred_and_first_recipient_is_too_many(door):
    client = await door.guest()
    await client.say(f"MAIL FROM:<{ANA}>")
    answers = [(await client.say(f"RCPT TO:<atendimento+{n}@instituicoes.example>"))[:9] for n in range(102)]

    assert answers == ["250 2.1.5"] * 100 + ["452 4.5.3"] * 2


async def test_s14_m2_the_twenty_first_connection_of_an_untrusted_address_is_turned_away(untrusting_door):
    seated = [await untrusting_door.guest() for _ in range(20)]
    turned_away = await untrusting_door.client()

    assert (await turned_away.answer()).startswith("421 4.7.0 ")
    assert await turned_away.is_closed()
    assert (await seated[0].say("NOOP")).startswith("250 ")

    await seated[0].say("QUIT")
    assert await seated[0].is_closed()
    assert (await (await untrusting_door.guest()).say("NOOP")).startswith("250 ")


async def test_a_trusted_network_is_exempt_from_counting_connections(door):
    guests = [await door.guest() for _ in range(30)]

    assert (await guests[-1].say("NOOP")).startswith("250 ")


async def test_s14_all_untrusted_connections_together_have_a_limit(untrusting_door, monkeypatch):
    monkeypatch.setattr(smtp_limits, "MAX_CONNECTIONS", 3)
    for _ in range(3):
        await untrusting_door.guest()

    assert (await (await untrusting_door.client()).answer()).startswith("421 4.7.0 ")


async def test_s16_twenty_errors_are_the_end(door):
    client = await door.guest()
    await client.write(b"BOGUS\r\n" * 200)
    answers = [await client.answer() for _ in range(21)]

    assert [each[:3] for each in answers] == ["500"] * 20 + ["421"]
    assert await client.is_closed()


async def test_s18_guessing_recipients_ends_after_twenty(door):
    client = await door.guest()
    await client.say(f"MAIL FROM:<{ANA}>")
    answers = {await client.say(f"RCPT TO:<guess{n}@instituicoes.example>") for n in range(19)}

    assert len(answers) == 1
    await client.write(b"RCPT TO:<guess@instituicoes.example>\r\n")
    await client.answer()
    assert (await client.answer()).startswith("421 ")


async def test_s16_chatter_without_a_mail_ends_too(door):
    client = await door.guest()
    await client.write(b"NOOP\r\n" * 500)
    answers = [(await client.answer())[:3] for _ in range(100)]

    # EHLO was the first of a hundred.
    assert answers == ["250"] * 99 + ["421"]
    assert await client.is_closed()


async def test_refusals_by_policy_are_answers_and_no_errors(door):
    client = await door.guest()
    answers = [await client.post(mail(STRANGER), STRANGER, SUPPORT) for _ in range(25)]

    assert {each[:9] for each in answers} == {"550 5.7.1"}


async def test_s15_a_mail_that_drips_is_given_up_at_its_deadline(door, monkeypatch):
    monkeypatch.setattr(smtp_guard, "TRANSACTION_SECONDS", 0.2)
    client = await door.guest()
    await client.say(f"MAIL FROM:<{ANA}>")
    await client.say(f"RCPT TO:<{SUPPORT}>")
    await client.say("DATA")

    async def drip() -> None:
        for _ in range(1_000):
            await client.write(b"x")
            await asyncio.sleep(0.01)

    dripping = asyncio.create_task(drip())
    assert (await client.answer()).startswith("421 4.4.2 ")
    assert await client.is_closed()
    dripping.cancel()
    await asyncio.gather(dripping, return_exceptions=True)
    assert door.queue.messages == []


async def test_the_deadline_is_one_mails_and_not_the_sessions(door, monkeypatch):
    monkeypatch.setattr(smtp_guard, "TRANSACTION_SECONDS", 0.5)
    client = await door.guest()
    assert (await client.post(mail(), ANA, SUPPORT)).startswith("250 ")
    await client.say(f"MAIL FROM:<{ANA}>")
    await client.say("RSET")
    await asyncio.sleep(0.8)

    assert (await client.say("NOOP")).startswith("250 ")


async def test_a_silent_client_is_left_alone_after_the_commands_time(door, monkeypatch):
    monkeypatch.setattr(smtp_guard, "COMMAND_SECONDS", 0.2)

    assert await (await door.client()).is_closed()


async def test_mail_for_which_there_is_no_memory_is_asked_to_come_back(door, monkeypatch):
    monkeypatch.setattr(smtp_limits, "MAX_WAITING_BYTES", 1_000_000)
    client = await door.guest()

    assert (await client.post(mail(text="x" * 2_000_000), ANA, SUPPORT)).startswith("452 4.3.1 ")
    # What was taken for it was given back.
    for _ in range(3):
        assert (await client.post(mail(text="x" * 600_000), ANA, SUPPORT)).startswith("250 ")


@pytest.mark.parametrize(
    ("peername", "name"),
    [(("::ffff:10.0.0.1", 1), "10.0.0.1"), (("fe80::1%eth0", 1, 0, 0), "fe80::1"), (None, "None"), (("x", 1),
     "None"), ((), "None")],
)  # fmt: skip
def test_a_peer_is_known_by_its_real_address(peername, name):
    assert str(smtp_limits.peer_of(peername)) == name


def test_addresses_of_one_ipv6_subnet_count_as_one():
    doorkeeper = smtp_limits.Doorkeeper(())
    seats = [doorkeeper.enter(smtp_limits.peer_of((f"2001:db8:1:2::{n}", 1))) for n in range(21)]

    assert seats[19] is not None and seats[20] is None
    assert doorkeeper.enter(smtp_limits.peer_of(("2001:db8:1:3::1", 1))) is not None


def test_s14_a_relay_of_ours_has_no_share_of_its_own_but_one_of_the_whole(monkeypatch):
    relay = ip_address("192.0.2.7")
    doorkeeper = smtp_limits.Doorkeeper((), (ip_network("192.0.2.0/28"),))
    names = [doorkeeper.enter(relay) for _ in range(smtp_limits.MAX_PER_ADDRESS * 3)]

    assert all(names)
    assert all(doorkeeper.bears(name) for name in names * 10)
    assert [doorkeeper.enter(ip_address("198.51.100.1")) for _ in range(21)][-1] is None
    monkeypatch.setattr(smtp_limits, "MAX_CONNECTIONS", 80)
    assert doorkeeper.enter(relay) is None
    doorkeeper.leave(names[0])
    assert doorkeeper.enter(relay)
