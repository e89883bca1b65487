"""WhatsApp at the desk `instituicoes`: never for support, for the commercial team's negotiation without sensitive data."""

from datetime import timedelta
from pathlib import Path

import pytest

from core.audit import AuditRow
from core.clock import now
from core.deliveries import Delivery
from core.idempotency import IdempotencyKey
from core.people import tokens
from core.profile import ChannelException, Profile
from core.tickets.tables import Entry, Held, Intake, Ticket
from tests.fakes.telegram import FakeTelegram
from tests.web.conftest import Site, open_site

NUMBER = "+55 11 98888-7777"
OFFER = {
    "sender": NUMBER, "sender_name": "Igor da Escola Azul", "sector": "comercial", "purpose": "negotiation",
    "text": "Bom dia, quanto custa o módulo da biblioteca?",
}  # fmt: skip


async def send(site: Site, body: object, *, channel: str = "whatsapp", token: str = "", **headers: str):
    token = token or await tokens.issue_form_token("whatsapp")
    sent = {"Authorization": f"Bearer {token}", **{name.replace("_", "-"): text for name, text in headers.items()}}
    async with site.client.post(f"{site.url}/webhooks/{channel}", json=body, headers=sent) as answer:
        return answer.status, await answer.json(content_type=None)


async def as_agent(site: Site, method: str, path: str, email: str = "root@instituicoes.example", **options):
    headers = {"Authorization": f"Bearer {await site.agent_token(email)}"}
    async with site.client.request(method, site.url + path, headers=headers, **options) as answer:
        return answer.status, await answer.json(content_type=None)


async def test_S4_27_the_commercial_team_may_negotiate_there(site: Site):
    status, body = await send(site, OFFER)

    ticket, entry = await Ticket.get(), await Entry.get()
    assert status == 201 and set(body) == {"protocol", "number", "receipt"}
    assert (body["protocol"], body["number"]) == (ticket.protocol, ticket.id)
    assert (ticket.opened_via, ticket.sector, ticket.organization_id) == ("whatsapp", "comercial", None)
    assert (entry.channel, entry.authentication, entry.text) == ("whatsapp", "none", OFFER["text"])
    _, shown = await as_agent(site, "GET", f"/api/v1/tickets/{ticket.protocol}")
    assert shown["requester"] == {"name": "Igor da Escola Azul", "email": None}
    assert shown["opened_via"] == "whatsapp" and shown["opened_by"] == "system"


async def test_the_number_is_shown_to_agents_and_stands_in_no_column_of_its_own(site: Site):
    _, body = await send(site, OFFER)

    _, shown = await as_agent(site, "GET", f"/api/v1/tickets/{body['protocol']}")
    ticket, intake = await Ticket.get(), await Intake.get()
    assert "+5511988887777" in shown["entries"][0]["full_text"]
    assert "98888" not in f"{ticket.chat} {ticket.title} {intake.sender_hash} {intake.trail} {intake.dedupe_key}"


async def test_another_message_of_the_same_sender_joins_his_open_ticket(site: Site):
    token = await tokens.issue_form_token("whatsapp")

    _, first = await send(site, OFFER, token=token)
    _, second = await send(site, OFFER | {"sender": "(11) 98888-7777", "text": "E com desconto?"}, token=token)
    _, other = await send(site, OFFER | {"sender": "+55 21 97777-6666"}, token=token)

    assert second["protocol"] == first["protocol"] != other["protocol"]
    ticket = await Ticket.get(protocol=first["protocol"])
    assert await Entry.filter(ticket_id=ticket.id).order_by("seq").values_list("threaded_by", flat=True) == ["new", "chat"]


async def test_what_he_writes_after_its_end_opens_another_ticket(site: Site):
    _, first = await send(site, OFFER)
    await as_agent(
        site, "POST", f"/api/v1/tickets/{first['protocol']}/close", json={"fields": {"resolution": "Proposta enviada."}}
    )

    _, second = await send(site, OFFER)

    assert second["protocol"] != first["protocol"]


async def test_nothing_leaves_by_that_channel_whatever_an_agent_answers(site: Site):
    _, body = await send(site, OFFER)
    path = f"/api/v1/tickets/{body['protocol']}"

    status, _ = await as_agent(site, "POST", f"{path}/entries", json={"text": "Segue a proposta.", "visibility": "public"})
    await as_agent(site, "POST", f"{path}/close", json={"fields": {"resolution": "Proposta enviada."}})

    assert status == 201
    rows = await Delivery.all().values_list("channel", "recipient_kind")
    assert {kind for _, kind in rows} <= {"agent"} and {channel for channel, _ in rows} <= {"email"}


REFUSED = {
    "support": {"sector": "n1", "purpose": "support"},
    "another-sector": {"sector": "n1"},
    "another-purpose": {"purpose": "support"},
    "no-purpose": {"purpose": ""},
    "a-purpose-of-another-type": {"purpose": ["negotiation"]},
    "a-cpf": {"text": "Meu CPF é 529.982.247-25"},
    "a-cpf-in-the-name": {"sender_name": "Igor 52998224725"},
    "a-cpf-as-the-sender": {"sender": "Igor 529.982.247-25"},
    "a-cpf-with-blanks-nobody-sees": {"text": "Meu CPF é 529\u200b982\u200b247\u200b25"},
    "a-card": {"text": "Pague com 4111 1111 1111 1111"},
    "health": {"text": "É para um aluno com Diagnostico de autismo"},
    "wrong-use-and-wrong-fields": {"sector": "n1", "sender": "", "attachments": []},
}  # fmt: skip


@pytest.mark.parametrize("change", REFUSED.values(), ids=REFUSED)
async def test_S4_27_anything_else_is_refused_and_nothing_of_it_is_kept(site: Site, change):
    body = OFFER | {"text": "segredo-canario"} | change

    status, told = await send(site, body, Idempotency_Key="one")

    assert (status, told["code"]) == (403, "unofficial_channel") and told["official_channels"]
    assert not await Intake.exists() and not await Held.exists() and not await Ticket.exists()
    assert not await IdempotencyKey.exists()
    folder = site.counter.settings.data_dir
    kept = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    assert not any(word in content for content in kept for word in (b"segredo-canario", b"98888", b"Igor"))
    assert await AuditRow.filter(action="unofficial_channel", object_id="whatsapp").count() == 1


async def test_a_cnpj_is_public(site: Site):
    assert (await send(site, OFFER | {"text": "Somos o CNPJ 11.222.333/0001-81"}))[0] == 201


async def test_it_takes_the_token_made_for_the_channel(site: Site):
    contato, agent = await site.form_token(), await site.agent_token("root@instituicoes.example")

    for token in (contato, agent, "nonsense"):
        assert (await send(site, OFFER, token=token))[0] == 403
    assert (await send(site, OFFER, channel="instagram"))[0] == 403
    assert not await Ticket.exists()


async def test_its_token_opens_no_form(site: Site):
    token = await tokens.issue_form_token("whatsapp")
    headers = {"Authorization": f"Bearer {token}"}

    async with site.client.post(f"{site.url}/webhooks/forms/contato", json={}, headers=headers) as answer:
        assert answer.status == 401


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [({"text": " "}, 422, "text"), ({"sender": None}, 422, "sender"), ({"sender": ""}, 422, "sender"),
     ({"attachments": []}, 422, "attachments"), ({"text": "x" * 20_001}, 422, "text")],
)  # fmt: skip
async def test_fields_of_an_excepted_use_are_checked(site: Site, change, status, field):
    answered, told = await send(site, OFFER | change)

    assert (answered, list(told["errors"])) == (status, [field])


async def test_the_same_key_files_once(site: Site):
    token = await tokens.issue_form_token("whatsapp")

    first = await send(site, OFFER, token=token, Idempotency_Key="one")
    again = await send(site, OFFER, token=token, Idempotency_Key="one")
    other = await send(site, OFFER | {"text": "Outra"}, token=token, Idempotency_Key="one")

    assert first == again and first[0] == 201
    assert (other[0], other[1]["code"]) == (422, "idempotency_conflict")
    assert await Entry.all().count() == 1


async def test_its_receipt_opens_for_its_token(site: Site):
    token = await tokens.issue_form_token("whatsapp")
    _, body = await send(site, OFFER, token=token)
    headers = {"Authorization": f"Bearer {token}"}

    async with site.client.get(f"{site.url}/webhooks/receipts/{body['receipt']}", headers=headers) as answer:
        assert await answer.json() == {"state": "filed", "protocol": body["protocol"]}


async def test_one_sender_is_taken_so_often_in_a_minute(site: Site):
    token = await tokens.issue_form_token("whatsapp")
    limit = site.counter.desk.profile.limits.form_address_per_minute

    found = [(await send(site, OFFER, token=token))[0] for _ in range(limit + 1)]

    assert found == [201] * limit + [429]


async def test_an_exception_that_is_over_lets_nothing_in(institution_database: Path, telegram: FakeTelegram):
    over = ChannelException(sector="comercial", purpose="negotiation", until=now().date() - timedelta(days=2))

    def ended(profile: Profile) -> Profile:
        whatsapp = profile.channels["whatsapp"].model_copy(update={"exceptions": (over,)})
        return profile.model_copy(update={"channels": profile.channels | {"whatsapp": whatsapp}})

    async with open_site("instituicoes", institution_database, telegram, ended) as site:
        assert (await send(site, OFFER))[0] == 403
