from prometheus_client import generate_latest

from core.audit import AuditRow
from core.clock import now
from core.tickets.tables import Held, Intake, Ticket
from gateway.metrics import REGISTRY
from tests.web.conftest import Site


async def send(site: Site, channel: str, **options):
    async with site.client.post(f"{site.url}/webhooks/{channel}", **options) as answer:
        return answer.status, await answer.json(content_type=None)


async def test_an_unofficial_channel_is_told_the_official_ones(site: Site):
    status, body = await send(site, "instagram", json={"text": "socorro"})

    assert (status, body["code"]) == (403, "unofficial_channel")
    assert body["official_channels"] == list(site.counter.desk.profile.official_channels(now()))
    assert "e-mail atendimento@instituicoes.example" in body["detail"]


async def test_nothing_that_was_said_there_is_kept_s4_27(site: Site):
    await send(site, "whatsapp", json={"text": "segredo-canario", "sender": "+5511912345678"})

    assert not await Intake.exists() and not await Held.exists() and not await Ticket.exists()
    database = site.counter.settings.data_dir
    assert not any(b"segredo-canario" in path.read_bytes() for path in database.rglob("*") if path.is_file())


async def test_it_is_counted_and_audited_once_an_hour(site: Site):
    before = _count()
    for _ in range(5):
        await send(site, "instagram", data=b"anything")
    await send(site, "whatsapp", data=b"anything")

    assert _count() == before + 5
    rows = await AuditRow.filter(action="unofficial_channel").values_list("object_id", flat=True)
    assert sorted(rows) == ["instagram", "whatsapp"]


def _count() -> int:
    text = generate_latest(REGISTRY).decode()
    name = 'guiche_messages_received_total{channel="instagram",outcome="refuse",reason="unofficial_channel"}'
    return next((int(float(line.rpartition(" ")[2])) for line in text.splitlines() if line.startswith(name)), 0)


async def test_a_channel_the_profile_does_not_list_is_not_found(site: Site):
    for channel in ("fax", "email", "forms", "receipts", "telegram", "x" * 500):
        assert (await send(site, channel))[0] == 404


async def test_S4_27_whatsapp_is_refused_for_support_even_to_who_has_its_token(site: Site):
    from core.people import tokens

    token = await tokens.issue_form_token("whatsapp")
    body = {"sender": "+5511912345678", "sector": "n1", "purpose": "support", "text": "segredo-canario"}

    for _ in range(3):
        status, told = await send(site, "whatsapp", json=body, headers={"Authorization": f"Bearer {token}"})

    assert (status, told["code"]) == (403, "unofficial_channel") and told["official_channels"]
    assert await AuditRow.filter(action="unofficial_channel").count() == 1
    assert not await Intake.exists() and not await Ticket.exists()


async def test_the_telephone_is_refused_where_it_is_not_official(chat_site: Site):
    token = await chat_site.agent_token("clara@representantes.example")

    status, body = await send(chat_site, "phone", json={}, headers={"Authorization": f"Bearer {token}"})

    assert (status, body["code"]) == (403, "unofficial_channel") and body["official_channels"]
