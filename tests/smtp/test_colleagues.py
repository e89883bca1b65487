"""Colleagues without permission at the door of a desk that holds them: proven they wait, unproven they are strangers."""

from collections.abc import AsyncIterator, Iterator

import pytest

from core.profile import Policy, Profile
from tests.fakes.dns import SERVFAIL, FakeDns, fake_dns
from tests.harness.signing import SigningKey, dkim_signed
from tests.smtp.conftest import OpenDoor
from tests.smtp.mails import ADMINISTRATORS, ANA, BOARD, BRUNO, STRANGER, SUPPORT, mail

DOMAIN = "org-a.example"
NOBODY = "novata@org-a.example"
KEY = SigningKey.rsa(1_024)
REFUSED = "550 5.7.1 not_authorized"


@pytest.fixture
def dns() -> Iterator[FakeDns]:
    with fake_dns() as server:
        server.texts[f"s1._domainkey.{DOMAIN}"] = [KEY.record]
        yield server


def holding(profile: Profile) -> Profile:
    access = profile.access.model_copy(update={"hold_colleagues": True})
    return profile.model_copy(update={"access": access})


def trying(profile: Profile) -> Profile:
    return holding(profile).model_copy(update={"policy": Policy(shadow=("colleague_waits_for_administrator",))})


@pytest.fixture
async def door(open_door, dns) -> AsyncIterator[OpenDoor]:
    async with open_door(change=holding, GUICHE_TRUSTED_NETWORKS="", GUICHE_DNS_SERVER=dns.setting) as opened:
        yield opened


async def post(door: OpenDoor, raw: bytes, to: str = SUPPORT) -> str:
    return await (await door.guest()).post(raw, "mailer@longe.example", to)


@pytest.mark.parametrize("sender", [BRUNO, NOBODY, "adm@org-a.example"])
async def test_a_proven_colleague_is_held_for_his_administrator(door, sender):
    answer = await post(door, dkim_signed(mail(sender), KEY, DOMAIN))

    assert answer.startswith("250 ")
    kept = door.queue.only
    assert (kept.held_for, kept.author.email) == ("awaiting_administrator", sender)
    assert kept.speaker.organization_id is not None and not kept.speaker.may_speak
    assert "colleague_waits_for_administrator=hold" in kept.trail


@pytest.mark.parametrize("sender", [BRUNO, NOBODY])
async def test_an_unproven_one_hears_what_every_stranger_hears(door, sender):
    assert (await post(door, mail(sender)))[:24] == REFUSED


async def test_mail_of_strangers_makes_nobody_ask_a_name_server(door, dns):
    for raw in (mail(STRANGER), dkim_signed(mail(STRANGER), KEY, DOMAIN), mail("x@sub.org-a.example")):
        assert (await post(door, raw))[:24] == REFUSED

    assert not dns.asked


async def test_where_nobody_is_held_a_colleague_s_mail_makes_nobody_ask_either(open_door, dns):
    async with open_door(GUICHE_TRUSTED_NETWORKS="", GUICHE_DNS_SERVER=dns.setting) as opened:
        for sender in (BRUNO, NOBODY):
            assert (await post(opened, dkim_signed(mail(sender), KEY, DOMAIN)))[:24] == REFUSED

    assert not dns.asked


async def test_while_dns_cannot_tell_he_comes_again(door, dns):
    dns.troubles[DOMAIN] = SERVFAIL

    assert (await post(door, dkim_signed(mail(NOBODY), KEY, DOMAIN))).startswith("451 4.4.3")


async def test_who_may_speak_and_a_board_are_judged_as_ever(door):
    assert (await post(door, dkim_signed(mail(ANA), KEY, DOMAIN))).startswith("250 ")
    assert door.queue.only.held_for is None
    assert (await post(door, dkim_signed(mail(BOARD), KEY, DOMAIN), SUPPORT))[:24] == REFUSED
    assert (await post(door, dkim_signed(mail(BOARD, ADMINISTRATORS), KEY, DOMAIN), ADMINISTRATORS)).startswith("250 ")


async def test_in_trial_he_is_refused_and_the_ledger_says_what_would_have_been(open_door, dns):
    settings = {"GUICHE_TRUSTED_NETWORKS": "", "GUICHE_DNS_SERVER": dns.setting}
    async with open_door(change=trying, **settings) as opened:
        assert (await post(opened, dkim_signed(mail(NOBODY), KEY, DOMAIN)))[:24] == REFUSED

        [refused] = opened.queue.messages
        assert "colleague_waits_for_administrator=would_hold" in refused.trail
