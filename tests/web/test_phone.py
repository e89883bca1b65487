import asyncio
from pathlib import Path

import pytest

from core.message import Intent
from core.profile import Profile
from core.tickets.tables import Entry, Intake, Ticket
from tests.fakes.telegram import FakeTelegram
from tests.web.conftest import Site, open_site

ANA = "+55 11 91234-5678"
CALL = {
    "caller_phone": ANA, "caller_name": "Ana", "summary": "Quer saber do boletim.",
    "started_at": "2026-11-22T10:00:00-03:00", "ended_at": "2026-11-22T10:05:00-03:00",
}  # fmt: skip


async def log(site: Site, body, *, token: str | None = None, **headers: str):
    token = token or await site.agent_token("clara@instituicoes.example")
    sent = {"Authorization": f"Bearer {token}", **{name.replace("_", "-"): text for name, text in headers.items()}}
    async with site.client.post(site.url + "/webhooks/phone", json=body, headers=sent) as answer:
        return answer.status, await answer.json(content_type=None)


async def open_ticket(site: Site, email: str = "ana@org-a.example") -> str:
    body = {"email": email, "title": "Boletim", "message": "Não abre."}
    headers = {"Authorization": f"Bearer {await site.form_token()}"}
    async with site.client.post(site.url + "/webhooks/forms/contato", json=body, headers=headers) as answer:
        assert answer.status == 201
        return str((await answer.json())["protocol"])


async def test_a_phone_call_may_complement_but_never_open_s4_23(site: Site):
    protocol = await open_ticket(site)

    status, body = await log(site, {**CALL, "intent": "complement", "protocol": protocol})
    refused = await log(site, {**CALL, "intent": "open"})

    entry = await Entry.get(id=body["entry"])
    assert status == 201 and body["protocol"] == protocol
    assert (entry.text, entry.channel, entry.authentication) == ("Quer saber do boletim.", "phone", "agent")
    assert (refused[0], refused[1]["code"]) == (403, "phone_may_not_open")
    assert await Ticket.all().count() == 1


async def test_the_calls_own_times_are_kept_beside_the_time_of_writing_n16(site: Site):
    protocol = await open_ticket(site)

    _, body = await log(site, {**CALL, "intent": "complement", "protocol": protocol})

    entry = await Entry.get(id=body["entry"])
    assert "2026-11-22 10:00" in entry.full_text and "2026-11-22 10:05" in entry.full_text
    assert "Clara" in entry.full_text


async def test_where_the_profile_lets_it_a_call_opens(institution_database: Path, telegram: FakeTelegram):
    def with_opening_calls(profile: Profile) -> Profile:
        calls = profile.channels["phone"].model_copy(update={"may": tuple(Intent)})
        return profile.model_copy(update={"channels": {**profile.channels, "phone": calls}})

    async with open_site("instituicoes", institution_database, telegram, with_opening_calls) as site:
        status, body = await log(site, {**CALL, "intent": "open"})

        ticket = await Ticket.get()
        assert status == 201 and body["protocol"] == ticket.protocol and ticket.opened_via == "phone"


async def test_a_question_about_a_ticket_leaves_a_note_and_changes_nothing(site: Site):
    protocol = await open_ticket(site)
    before = await Ticket.get()

    status, body = await log(site, {**CALL, "intent": "inquire", "protocol": protocol})

    entry = await Entry.get(id=body["entry"])
    assert status == 201 and body["protocol"] == protocol
    assert entry.visibility == "internal" and (await Ticket.get()).status == before.status


async def test_a_question_about_no_ticket_leaves_nothing(site: Site):
    status, body = await log(site, {**CALL, "intent": "inquire"})

    assert (status, body) == (201, {"protocol": None, "entry": None})
    assert not await Ticket.exists()


async def test_a_caller_may_be_found_by_his_address(site: Site):
    protocol = await open_ticket(site)
    by_address = {**CALL, "caller_phone": "+55 11 90000-0000", "caller_email": "Ana@Org-A.example"}

    assert (await log(site, {**by_address, "intent": "complement", "protocol": protocol}))[0] == 201


@pytest.mark.parametrize("caller", [
    {"caller_phone": "+55 11 90000-0000"}, {"caller_phone": "", "caller_email": "bruno@org-a.example"},
    {"caller_phone": "", "caller_email": "carla@org-b.example"}, {"caller_phone": ""},
    {"caller_phone": "", "caller_email": "clara@instituicoes.example"},
], ids=["unknown", "may not speak", "foreign", "nobody", "agent"])  # fmt: skip
async def test_a_caller_without_standing_is_refused_n16(site: Site, caller):
    protocol = await open_ticket(site)

    status, body = await log(site, {**CALL, **caller, "intent": "complement", "protocol": protocol})

    assert (status, body["code"]) == (403, "not_authorized")
    assert await Entry.all().count() == 1


async def test_a_protocol_that_does_not_exist_is_refused_alike(site: Site):
    protocol = await open_ticket(site, "carla@org-b.example")

    foreign = await log(site, {**CALL, "intent": "complement", "protocol": protocol})
    unknown = await log(site, {**CALL, "intent": "complement", "protocol": "202611220000010"})

    assert foreign[0] == 403 and foreign == unknown


@pytest.mark.parametrize(("change", "field"), [
    ({"protocol": ""}, "protocol"), ({"summary": " "}, "summary"), ({"intent": "shout"}, "intent"),
    ({"intent": None}, "intent"), ({"caller_phone": "abc"}, "caller_phone"), ({"caller_email": "abc"}, "caller_email"),
    ({"started_at": "yesterday"}, "started_at"), ({"ended_at": "2026-11-22T09:00:00-03:00"}, "ended_at"),
    ({"ended_at": "2026-11-22T10:05:00"}, "ended_at"), ({"internal": False}, "internal"), ({"summary": 5}, "summary"),
])  # fmt: skip
async def test_a_wrong_field_is_named(site: Site, change, field: str):
    body = {**CALL, "intent": "complement", "protocol": "202611220000010", **change}

    status, answer = await log(site, body)

    assert (status, answer["code"], list(answer["errors"])) == (422, "invalid_fields", [field])


async def test_the_same_call_written_down_twice_is_one_entry_n16(site: Site):
    protocol, token = await open_ticket(site), await site.agent_token("clara@instituicoes.example")
    body = {**CALL, "intent": "complement", "protocol": protocol}

    first, again = await asyncio.gather(*(log(site, body, token=token, Idempotency_Key="k") for _ in range(2)))

    assert first == again and await Entry.all().count() == 2


async def test_only_agents_keep_the_log(site: Site):
    from core.people import tokens

    customer = await tokens.issue_user_token("ana@org-a.example")

    assert (await log(site, {**CALL, "intent": "inquire"}, token=customer))[0] == 403
    assert (await log(site, {**CALL, "intent": "inquire"}, token="nobody"))[0] == 401
    assert (await log(site, {**CALL, "intent": "inquire"}, token=await site.form_token()))[0] == 401
    assert not await Intake.exists()
