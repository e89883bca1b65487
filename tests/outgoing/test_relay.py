"""The relay's words decide what happens next, and nothing of ours hangs or leaks on the way."""

import asyncio
import ssl

import pytest

from core.errors import Misconfigured
from gateway.channels import relay as relay_module
from gateway.channels.failure import SendFailed
from gateway.channels.relay import Relay
from tests.fakes.relay import DROP, HANG, fake_relay

MAIL = b"Subject: x\r\n\r\n.\r\n..two\r\nend\r\n"


async def failure(relay: Relay, recipient: str = "ana@org-a.example") -> SendFailed:
    with pytest.raises(SendFailed) as failed:
        await relay.send("desk@i.example", recipient, MAIL)
    return failed.value


async def test_a_mail_arrives_with_its_envelope_and_its_dots() -> None:
    async with fake_relay() as fake:
        relay = Relay(fake.url, "i.example")
        await relay.send("desk@i.example", "ana@org-a.example", MAIL)
        await relay.close()
    assert fake.taken[0].sender == "desk@i.example"
    assert fake.taken[0].recipients == ("ana@org-a.example",)
    assert fake.taken[0].content == MAIL


async def test_an_empty_return_path_is_the_null_sender() -> None:
    async with fake_relay() as fake:
        relay = Relay(fake.url, "i.example")
        await relay.send("", "ana@org-a.example", MAIL)
        await relay.close()
    assert fake.taken[0].sender == "<>"  # as aiosmtpd names the empty path


async def test_O07_we_greet_with_the_desks_domain_and_not_with_this_machines_name() -> None:
    async with fake_relay() as fake:
        relay = Relay(fake.url, "i.example")
        await relay.send("", "ana@org-a.example", MAIL)
        await relay.close()
    assert fake.taken[0].greeting == "i.example"


async def test_one_connection_serves_many_letters_one_after_the_other() -> None:
    async with fake_relay() as fake:
        relay = Relay(fake.url, "i.example")
        for _ in range(5):
            await relay.send("", "ana@org-a.example", MAIL)
        await relay.close()
    assert len(fake.taken) == 5
    assert fake.connections == 1


async def test_a_kept_connection_that_the_relay_closed_costs_no_letter() -> None:
    async with fake_relay(timeout=0.05) as fake:
        relay = Relay(fake.url, "i.example")
        await relay.send("", "ana@org-a.example", MAIL)
        await asyncio.sleep(0.2)
        await relay.send("", "ana@org-a.example", MAIL)
        await relay.close()
    assert len(fake.taken) == 2


@pytest.mark.parametrize(
    ("answer", "permanent"),
    [("451 4.3.0 later", False), ("421 4.7.0 busy", False), ("550 5.1.1 no such user", True), ("552 5.3.4 big", True),
     ("530 5.7.0 log in first", False)],
)
async def test_O12_O13_the_first_digit_says_whether_to_try_again(answer: str, permanent: bool) -> None:
    async with fake_relay() as fake:
        fake.script.append(answer)
        relay = Relay(fake.url, "i.example")
        failed = await failure(relay)
        await relay.close()
    assert failed.permanent is permanent
    assert failed.reason == f"the relay answered {answer[:9].strip()}"


async def test_O20_what_the_relay_writes_about_an_address_is_not_kept() -> None:
    async with fake_relay() as fake:
        fake.refuses["ana@org-a.example"] = "550 5.1.1 <ana@org-a.example> unknown"
        relay = Relay(fake.url, "i.example")
        failed = await failure(relay)
        await relay.close()
    assert failed.permanent
    assert "ana" not in failed.reason


async def test_a_refused_letter_leaves_the_connection_good_for_the_next() -> None:
    async with fake_relay() as fake:
        fake.refuses["nobody@org-a.example"] = "550 5.1.1 unknown"
        relay = Relay(fake.url, "i.example")
        await failure(relay, "nobody@org-a.example")
        await relay.send("", "ana@org-a.example", MAIL)
        await relay.close()
    assert len(fake.taken) == 1
    assert fake.taken[0].recipients == ("ana@org-a.example",)


async def test_a_relay_that_hangs_is_left_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_module, "WHOLE_SECONDS", 0.2)
    async with fake_relay() as fake:
        fake.script.append(HANG)
        failed = await failure(Relay(fake.url, "i.example"))
    assert not failed.permanent


async def test_a_relay_that_hangs_up_is_tried_again() -> None:
    async with fake_relay() as fake:
        fake.script.append(DROP)
        failed = await failure(Relay(fake.url, "i.example"))
    assert not failed.permanent


async def test_a_relay_that_is_not_there_is_tried_again() -> None:
    async with fake_relay() as fake:
        url = fake.url
    failed = await failure(Relay(url, "i.example"))
    assert not failed.permanent


async def test_O14_starttls_required_and_not_offered_sends_nothing() -> None:
    async with fake_relay() as fake:
        failed = await failure(Relay(f"{fake.url}?starttls=require", "i.example"))
    assert not failed.permanent
    assert fake.taken == []


async def test_O14_starttls_required_with_a_certificate_nobody_vouches_for_sends_nothing(
    own_certificate: ssl.SSLContext,
) -> None:
    async with fake_relay(tls_context=own_certificate) as fake:
        failed = await failure(Relay(f"{fake.url}?starttls=require", "i.example"))
    assert not failed.permanent
    assert fake.taken == []


async def test_without_require_tls_is_used_where_it_is_offered(own_certificate: ssl.SSLContext) -> None:
    async with fake_relay(tls_context=own_certificate, require_starttls=True) as fake:
        relay = Relay(fake.url, "i.example")
        await relay.send("", "ana@org-a.example", MAIL)
        await relay.close()
    assert len(fake.taken) == 1


@pytest.mark.parametrize("url", ["smtp://", "smtp://host:port", "smtp://host?starttls=maybe"])
def test_a_relay_url_that_says_nothing_clear_stops_the_start(url: str) -> None:
    with pytest.raises(Misconfigured, match="GUICHE_RELAY_URL"):
        Relay(url, "i.example")
