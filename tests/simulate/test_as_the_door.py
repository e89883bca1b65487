"""For each row of INTERFACES.md §5: the simulator says what the real door and the real worker then do."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network
from typing import NamedTuple

import pytest

from core.keys import TokenKind
from core.people.tables import Person
from core.tickets.tables import Entry, Ticket
from tests.fakes.dns import FakeDns
from tests.simulate.conftest import World, became, everything, ids
from tests.smtp.mails import (
    ADMINISTRATORS,
    ANA,
    BOARD,
    BRUNO,
    CARLA,
    CLARA,
    STRANGER,
    SUPPORT,
    mail,
)

ELSEWHERE = "mailer@longe.example"
REPORT = "multipart/report; report-type=delivery-status; boundary=b"
DSN = (
    "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
    "Final-Recipient: rfc822; ana@org-a.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--"
)


class Case(NamedTuple):
    """A mail and its envelope, and what is expected: the decision, its reason, the SMTP code, the thread's claim."""

    raw: Callable[[World, dict[str, int]], bytes]
    mail_from: str
    recipient: Callable[[World, dict[str, int]], str]
    expected: tuple[str, str | None, str, str | None]


def support(_: World, __: dict[str, int]) -> str:
    return SUPPORT


def to(address: str) -> Callable[[World, dict[str, int]], str]:
    return lambda world, who: address


def reply(kind: TokenKind, name: str) -> Callable[[World, dict[str, int]], str]:
    return lambda world, who: world.plus(kind, who[name])


def plain(sender: str, **more: str) -> Callable[[World, dict[str, int]], bytes]:
    return lambda world, who: mail(sender, **({"message_id": "<novo@x.example>"} | more))


def about(sender: str, name: str) -> Callable[[World, dict[str, int]], bytes]:
    """A mail that names the protocol of one of Ana's tickets."""
    return lambda world, who: mail(
        sender, subject=f"Re: [Protocolo {getattr(world, name).protocol}] Nota", message_id="<novo@x.example>"
    )


ANAS, HIS, NOTE = TokenKind.CUSTOMER_REPLY, TokenKind.AGENT_REPLY, TokenKind.AGENT_NOTE
REFUSED = ("refuse", "not_authorized", "550 5.7.1", None)
UNPROVEN = ("hold", "sender_not_proven", "250", None)
NO_PART = ("hold", "no_standing", "250", None)
NEW = ("accept", None, "250", None)

CASES = {
    "bounce of nobody, counted": Case(plain("postmaster@mx.example", content_type=REPORT), "", support, NEW),
    "report with a sender, counted": Case(plain("postmaster@mx.example", content_type=REPORT), "x@mx.example", support, NEW),
    "bounce of a delivery": Case(
        plain("postmaster@mx.example", content_type=REPORT, text=DSN), "", lambda world, _: world.bounce_path,
        ("accept", None, "250", "message_id"),
    ),
    "T07 stranger with a reply address": Case(plain(STRANGER), STRANGER, reply(ANAS, "ana"), NO_PART),
    "T07 reader with a reply address": Case(plain(BRUNO), BRUNO, reply(ANAS, "ana"), NO_PART),
    "administrator without the right, with a reply address": Case(plain("adm@org-a.example"), "adm@org-a.example", reply(ANAS, "ana"), NO_PART),
    "stranger": Case(plain(STRANGER), STRANGER, support, REFUSED),
    "reader": Case(plain(BRUNO), BRUNO, support, REFUSED),
    "reader with a protocol": Case(about(BRUNO, "open"), BRUNO, support, REFUSED),
    "stranger with a Message-ID": Case(plain(STRANGER, in_reply_to="<a1@org-a.example>"), STRANGER, support, REFUSED),
    "nobody's From": Case(plain("ana@org-a.example, bruno@org-a.example"), ANA, support, REFUSED),
    "board at the support mailbox": Case(plain(BOARD), BOARD, support, REFUSED),
    "blocked envelope": Case(plain(ANA), "x@envio.example", support, ("refuse", "blocked_sender", "550 5.7.1", None)),
    "DNS does not answer": Case(plain(CARLA), CARLA, support, ("defer", "temporarily_unavailable", "451 4.4.3", None)),
    "From not proven": Case(plain(ANA), ELSEWHERE, support, UNPROVEN),
    "agent's From not proven": Case(plain(CLARA), ELSEWHERE, reply(HIS, "clara"), UNPROVEN),
    "board's From not proven": Case(plain(BOARD, to=ADMINISTRATORS), ELSEWHERE, to(ADMINISTRATORS), UNPROVEN),
    "T08 agent without a token": Case(plain(CLARA), CLARA, support, NO_PART),
    "T08 agent with another's token": Case(plain(CLARA), CLARA, reply(HIS, "lia"), NO_PART),
    "agent's token of a ticket that is not his": Case(plain("diego@instituicoes.example"), "diego@instituicoes.example", reply(HIS, "diego"), NO_PART),
    "agent": Case(plain(CLARA), CLARA, reply(HIS, "clara"), ("accept", None, "250", "reply_token")),
    "agent's note": Case(plain(CLARA), CLARA, reply(NOTE, "clara"), ("accept", None, "250", "reply_token")),
    "new": Case(plain(ANA), ANA, support, NEW),
    "board at its mailbox": Case(plain(BOARD, to=ADMINISTRATORS), BOARD, to(ADMINISTRATORS), NEW),
    "reply by address": Case(plain(ANA), ANA, reply(ANAS, "ana"), ("accept", None, "250", "reply_token")),
    "reply by Message-ID": Case(plain(ANA, in_reply_to="<a1@org-a.example>"), ANA, support, ("accept", None, "250", "references")),
    "reply by protocol": Case(about(ANA, "open"), ANA, support, ("accept", None, "250", "subject")),
    "unknown reference": Case(plain(ANA, in_reply_to="<sumiu@org-a.example>"), ANA, support, NEW),
    "T11 closed long ago": Case(about(ANA, "closed"), ANA, support, NEW),
    "no such mailbox": Case(plain(ANA), ANA, to("ninguem@instituicoes.example"), ("refuse", "not_found", "550 5.1.1", None)),
    "another domain": Case(plain(ANA), ANA, to("x@longe.example"), ("refuse", "not_authorized", "550 5.7.1", None)),
    "8-bit sender": Case(plain(ANA), "aná@org-a.example", support, ("refuse", "not_authorized", "553 5.6.7", None)),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_the_door_and_the_worker_do_what_was_foretold(world: World, case: Case) -> None:
    who = await ids()
    raw, recipient = case.raw(world, who), case.recipient(world, who)
    before = await everything()

    told = await world.simulate(raw, case.mail_from, recipient)

    shown = told.as_json()
    thread = shown["thread"]["by"] if shown["thread"] else None  # type: ignore[index]
    decision, reason, code, claim = case.expected
    assert (shown["decision"], shown["reason"], thread) == (decision, reason, claim)
    assert str(shown["smtp"]).startswith(code)
    assert await everything() == before
    assert world.door.queue.publications == []

    answer = await world.post(raw, case.mail_from, recipient)

    assert answer == told.smtp or (answer.startswith("250 ") and str(told.smtp).startswith("250 "))
    await _happened(world, decision, reason, claim, shown)


async def _happened(world: World, decision: str, reason: str | None, claim: str | None, shown: dict[str, object]) -> None:
    if decision == "accept" and shown["trail"] == [{"rule": "is_a_bounce", "outcome": "accept"}]:
        failed = await Entry.filter(kind="system").count()
        assert (await became())[0] == "bounce" and failed == (1 if claim else 0)
    elif decision in ("accept", "hold"):
        assert await became() == ({"accept": "filed", "hold": "held"}[decision], reason)
    elif str(shown["smtp"]).startswith("550 5.7.1 ") and reason in ("blocked_sender", "not_authorized") and "relay" not in str(shown["smtp"]):
        assert await became() == ("refused", reason)
    if decision == "accept" and claim not in (None, "message_id"):
        entry = await Entry.all().order_by("-at", "-seq").first().select_related("ticket")
        assert (entry.ticket.protocol, entry.threaded_by) == (shown["thread"]["protocol"], claim)  # type: ignore[index, union-attr]
    if decision == "accept" and shown["linked_to"]:
        newest = await Ticket.all().order_by("-id").first()
        assert newest is not None and newest.linked_to_id == world.closed.id


async def test_a_reply_to_what_closed_long_ago_names_the_ticket_it_would_be_linked_to(world: World) -> None:
    told = await world.simulate(about(ANA, "closed")(world, {}), ANA, SUPPORT)

    assert (told.as_json()["thread"], told.as_json()["linked_to"]) == (None, world.closed.protocol)


async def test_T02_a_permitted_person_who_names_anothers_ticket_would_wait_and_hear_nothing_of_it(
    world: World, dns: FakeDns
) -> None:
    dns.troubles.clear()
    dns.texts["org-b.example"] = ["v=spf1 ip4:127.0.0.1 -all"]
    raw = about(CARLA, "open")(world, {})

    told = await world.simulate(raw, CARLA, SUPPORT)

    assert (told.decision, str(told.reason), told.as_json()["thread"]) == ("hold", "no_standing", None)
    assert told.trail[-1].rule == "has_part_in_the_ticket"
    assert (await world.post(raw, CARLA, SUPPORT)).startswith("250 ")
    assert await became() == ("held", "no_standing")


async def test_a_trusted_peer_is_believed_and_another_is_not(world: World) -> None:
    trusting = replace(world.door.desk.settings, trusted_networks=(ip_network("10.0.0.0/8"),))
    world.door.desk = replace(world.door.desk, settings=trusting)

    assert (await world.simulate(mail(), ELSEWHERE, SUPPORT, peer="10.1.2.3")).decision == "accept"
    assert (await world.simulate(mail(), ELSEWHERE, SUPPORT, peer="192.0.2.9")).decision == "hold"


async def test_without_an_envelope_the_from_and_the_support_mailbox_stand_for_it(world: World) -> None:
    told = await world.simulate(mail(message_id="<novo@x.example>"))

    assert (told.decision, told.smtp) == ("accept", "250 2.0.0 OK")
    assert ("spf", "pass(org-a.example)") in [(step.rule, step.outcome) for step in told.trail]


async def test_of_several_recipients_those_that_are_not_ours_are_named_and_the_others_are_served(world: World) -> None:
    told = await world.simulate(mail(message_id="<novo@x.example>"), ANA, "ninguem@instituicoes.example", SUPPORT)

    assert told.decision == "accept"
    assert told.refused_recipients == {"ninguem@instituicoes.example": "550 5.1.1 No such mailbox here"}


async def test_a_mail_that_was_filed_before_is_said_to_change_nothing(world: World) -> None:
    told = await world.simulate(mail(message_id="<a1@org-a.example>"), ANA, SUPPORT)

    assert told.decision == "accept"
    assert ("comes_for_the_first_time", "filed_before") in [(step.rule, step.outcome) for step in told.trail]


async def test_simulations_leave_every_measure_as_it_was(world: World) -> None:
    limit = world.door.desk.profile.limits.sender_per_minute
    for _ in range(limit + 10):
        await world.simulate(mail(STRANGER), STRANGER, SUPPORT)

    assert not (await world.post(mail(STRANGER), STRANGER, SUPPORT)).startswith("421")


async def test_somebody_who_lost_the_right_is_foretold_although_the_directory_still_remembers_him(world: World) -> None:
    raw = mail(message_id="<novo@x.example>")
    assert (await world.simulate(raw, ANA, SUPPORT)).decision == "accept"
    await Person.filter(email=ANA).update(may_speak=False)
    world.door.desk.directory._fresh = timedelta(hours=1)

    told = await world.simulate(raw, ANA, SUPPORT)

    assert (told.decision, told.reason) == ("hold", "no_standing")
    assert (await world.post(raw, ANA, SUPPORT)).startswith("250 ")
    assert await became() == ("held", "no_standing")
