"""`POST /api/v1/policy/simulate`: who may ask, what he hears, and that he may send anything."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from core import clock
from core.message import Claim, ClaimKind, decode
from core.people import tokens
from core.tickets.foreseeing import foresee
from core.tickets.intake import file_batch
from core.tickets.office import Office
from core.tickets.tables import Entry, Held, Intake, Ticket
from tests.counter.conftest import _cheap_hashes
from tests.harness.house import House, open_house
from tests.smtp.mails import ANA, BRUNO, CARLA, STRANGER, SUPPORT, mail
from tests.tickets.conftest import Cast, Say, cast, say

__all__ = ["_cheap_hashes", "cast", "say"]

PATH = "/api/v1/policy/simulate"
RFC822 = {"Content-Type": "message/rfc822"}


@pytest.fixture
async def house(office: Office, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(office, tmp_path, GUICHE_MAX_MESSAGE_BYTES="100000") as opened:
        yield opened


async def ask(house: House, agent: str = "clara", **body: Any) -> tuple[int, dict[str, Any]]:
    headers = await house.agent(agent) | {"Accept-Language": "en"}
    async with house.http.post(PATH, json=body, headers=headers) as answer:
        return answer.status, await answer.json()


async def post(house: House, raw: bytes, **query: str) -> tuple[int, dict[str, Any]]:
    async with house.http.post(PATH, data=raw, headers=await house.agent("clara") | RFC822, params=query) as answer:
        return answer.status, await answer.json()


async def test_an_agent_hears_what_would_become_of_a_mail_and_nothing_becomes_of_it(house: House) -> None:
    status, told = await post(house, mail(), rcpt=SUPPORT, mail_from=ANA, peer="127.0.0.1", helo="x.example")

    assert (status, told["decision"], told["smtp"], told["thread"]) == (200, "accept", "250 2.0.0 OK", None)
    for table in (Ticket, Entry, Intake, Held):
        assert await table.all().count() == 0


async def test_the_same_mail_within_json(house: House) -> None:
    raw = base64.b64encode(mail(BRUNO)).decode()

    status, told = await ask(house, raw=raw, rcpt=[SUPPORT], mail_from=BRUNO, peer="127.0.0.1")

    assert (status, told["decision"], told["reason"]) == (200, "refuse", "not_authorized")


async def test_nobody_but_agents_may_ask(house: House) -> None:
    async with house.http.post(PATH, data=mail(), headers=RFC822) as answer:
        assert answer.status == 401
    for who in (ANA, "adm@org-a.example", BRUNO):
        async with house.http.post(PATH, data=mail(), headers=await house.customer(who) | RFC822) as answer:
            assert (answer.status, (await answer.json())["code"]) == (403, "not_authorized")


async def test_the_protocol_of_a_ticket_is_told_to_nobody_who_may_not_read_it(house: House) -> None:
    ticket = await house.file("Nota", message_id="a1@org-a.example")
    raw = base64.b64encode(mail(in_reply_to="<a1@org-a.example>", message_id="<m2@org-a.example>")).decode()

    _, told = await ask(house, "clara", raw=raw)
    assert told["thread"] == {"protocol": ticket.protocol, "by": "references"}
    _, told = await ask(house, "diego", raw=raw)
    assert told["thread"] == {"protocol": None, "by": "references"}


KNOCKS = [
    ("a form", {"channel": "form", "sender": ANA, "text": "Olá"}, "accept", None, 201),
    ("a form of a reader", {"channel": "form", "sender": BRUNO}, "refuse", "not_authorized", 403),
    ("a form of nobody", {"channel": "form", "sender": STRANGER}, "refuse", "not_authorized", 403),
    ("a form with a foreign protocol", {"channel": "form", "sender": CARLA, "protocol": "HERS"}, "refuse", "not_found", 404),
    ("a form with an unknown protocol", {"channel": "form", "sender": ANA, "protocol": "1"}, "refuse", "not_found", 404),
    ("S4-23 a call that would open", {"channel": "phone", "sender": "+55 11 91234-5678", "intent": "open"}, "refuse", "phone_may_not_open", 403),
    ("a call that asks", {"channel": "phone", "sender": "+55 11 91234-5678", "intent": "inquire"}, "accept", None, 201),
    ("a call about a foreign ticket", {"channel": "phone", "sender": CARLA, "intent": "complement", "protocol": "HERS"}, "refuse", "not_authorized", 403),
    ("a call of nobody", {"channel": "phone", "sender": "+55 11 99999-9999", "intent": "inquire"}, "refuse", "not_authorized", 403),
    ("Telegram, not official here", {"channel": "telegram", "sender": ANA}, "refuse", "unofficial_channel", 200),
    ("S4-27 WhatsApp for support", {"channel": "whatsapp", "sender": ANA, "text": "Caiu"}, "refuse", "unofficial_channel", 403),
    ("S4-27 WhatsApp for negotiation", {"channel": "whatsapp", "sender": ANA, "sector": "comercial", "purpose": "negotiation", "text": "Quanto custa?"}, "accept", None, 201),
    ("S4-27 sensitive data by WhatsApp", {"channel": "whatsapp", "sender": ANA, "sector": "comercial", "purpose": "negotiation", "text": "CPF 529.982.247-25"}, "refuse", "unofficial_channel", 403),
    ("a channel nobody knows", {"channel": "pombo", "sender": ANA}, "refuse", "not_found", 404),
]  # fmt: skip


@pytest.mark.parametrize(("knock", "decision", "reason", "status"), [each[1:] for each in KNOCKS], ids=[each[0] for each in KNOCKS])
async def test_the_other_doors_are_judged_by_the_same_rules(
    house: House, knock: dict[str, str], decision: str, reason: str | None, status: int
) -> None:
    if knock.get("protocol") == "HERS":
        knock = knock | {"protocol": (await house.file("Nota")).protocol}

    answered, told = await ask(house, **knock)

    assert (answered, told["decision"], told["reason"], told["http"]["status"]) == (200, decision, reason, status)
    assert told["smtp"] is None and told["http"]["text"]


async def test_a_form_about_his_own_ticket_names_it(house: House) -> None:
    ticket = await house.file("Nota")

    _, told = await ask(house, channel="form", sender=ANA, protocol=ticket.protocol)

    assert told["thread"] == {"protocol": ticket.protocol, "by": "form"}


async def test_S4_27_what_was_foretold_of_a_negotiation_is_what_its_door_then_does(house: House) -> None:
    said = {"sender": "+55 11 98888-7777", "sector": "comercial", "purpose": "negotiation", "text": "Quanto custa?"}
    headers = {"Authorization": f"Bearer {await tokens.issue_form_token('whatsapp')}"}

    _, told = await ask(house, channel="whatsapp", **said)
    assert (told["decision"], told["thread"]) == ("accept", None)
    async with house.http.post("/webhooks/whatsapp", json=said | {"sender_name": "Nina"}, headers=headers) as answer:
        assert answer.status in (201, 202)
    async with house.counter.queue.consume("inbound", limit=10, linger=timedelta(0)) as consumer:
        [lease] = await consumer.next_batch()
        await file_batch([decode(lease.publication.body)], house.office, clock.now())
        await consumer.ack([lease])

    _, told = await ask(house, "root", channel="whatsapp", **said)
    assert told["thread"] == {"protocol": (await Ticket.get()).protocol, "by": "chat"}


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"raw": "%%%"}, 422, "raw"),
        ({"raw": 1}, 422, "raw"),
        ({}, 422, "raw"),
        ({"raw": "", "bogus": 1}, 422, "bogus"),
        ({"raw": "", "rcpt": [1]}, 422, "rcpt"),
        ({"raw": "", "peer": "nobody"}, 422, "peer"),
        ({"raw": "", "mail_from": ["x"]}, 422, "mail_from"),
        ({"channel": "form", "bogus": "x"}, 422, "bogus"),
        ({"channel": None, "sender": ANA}, 422, "channel"),
        ({"channel": "form", "intent": "steal"}, 422, "intent"),
        ({"channel": "form", "sender": "x" * 400}, 422, "sender"),
        ({"channel": "email"}, 422, "channel"),
        ({"channel": "phone", "sender": ANA, "intent": "complement"}, 422, "protocol"),
    ],
)
async def test_what_cannot_be_understood_is_told_by_its_field(
    house: House, body: dict[str, Any], status: int, field: str
) -> None:
    answered, told = await ask(house, **body)

    assert (answered, list(told["errors"])) == (status, [field])


@pytest.mark.parametrize(
    "raw", [b"\x00", b"\x00" * 50_000, bytes(range(256)) * 200, b"\r\n" * 20_000, b"From: \xff\xfe\r\n\r\n"]
)
async def test_bytes_that_are_no_mail_are_refused_like_a_strangers(house: House, raw: bytes) -> None:
    status, told = await post(house, raw)

    assert (status, told["decision"]) == (200, "refuse")


async def test_a_body_over_the_limit_of_every_channel_is_turned_away(house: House) -> None:
    assert (await post(house, b"x" * 100_001))[0] == 413


async def test_an_unknown_parameter_and_another_type_are_told(house: House) -> None:
    assert (await post(house, mail(), bogus="1"))[1]["errors"].keys() == {"bogus"}
    async with house.http.post(PATH, data=b"x", headers=await house.agent("clara") | {"Content-Type": "text/plain"}) as answer:
        assert answer.status == 415


async def test_W03_a_nul_in_what_is_asked_for_breaks_no_database(house: House) -> None:
    status, told = await ask(house, channel="form", sender=ANA, protocol="\x001", text="\x00")

    assert (status, told["reason"]) == (200, "not_found")


async def test_a_look_at_a_ticket_waits_for_nobody_who_works_on_it(
    database: str, office: Office, cast: Cast, say: Say
) -> None:
    now = clock.now()
    await file_batch([say(cast.ana, "olá", message_id="a1@org-a.example")], office, now)
    ticket = await Ticket.get()
    claim = Claim(kind=ClaimKind.PROTOCOL, text=ticket.protocol)
    message = say(cast.ana, "mais", claims=(claim,))

    async with working_on(database), asyncio.timeout(10):
        seen = await foresee(message, office.profile, now)

    assert seen.ticket is not None and (seen.ticket.id, seen.threaded_by, seen.reason) == (ticket.id, "subject", None)


@asynccontextmanager
async def working_on(database: str) -> AsyncIterator[None]:
    """Somebody else has every ticket locked, where the database knows locks of rows."""
    if not database.startswith("postgres"):
        yield
        return
    other = await asyncpg.connect(database)
    async with other.transaction():
        await other.execute('SELECT 1 FROM "ticket" FOR UPDATE')
        yield
    await other.close()
