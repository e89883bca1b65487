"""Taking a reply back before it leaves, and sending again what failed, by the API and on the page."""

import re
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from core import clock
from core.deliveries import Delivery
from core.tickets.tables import Entry, Event, Ticket
from gateway.channels.failure import SendFailed
from gateway.dispatch import deliver
from gateway.scheduler import announce_due
from tests.counter.test_console import page, sign_in
from tests.harness.house import House
from tests.outgoing.test_dispatch import Announced, Failing
from tests.services import postgres

__all__ = ["page"]

WRITTEN = "Segue o boleto."


@pytest.fixture
def migrated_url(migrated_sqlite: Path, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """PostgreSQL for what two may do at once, SQLite for the pages: they do not differ by it."""
    if "page" in request.fixturenames:
        return f"sqlite://{shutil.copy(migrated_sqlite, tmp_path / 'guiche.sqlite3')}"
    url: str = request.getfixturevalue("migrated_postgres")
    postgres.empty(url)
    return url


async def answered(house: House, undo_seconds: int = 600, who: str = "clara", **more: object) -> tuple[Ticket, Entry]:
    """A ticket with a reply that may still be taken back."""
    ticket = await house.file("Boletim não abre")
    body = {"text": WRITTEN, "undo_seconds": undo_seconds, **more}
    answer = await house.http.post(
        f"/api/v1/tickets/{ticket.protocol}/entries", json=body, headers=await house.agent(who)
    )
    assert answer.status == 201, await answer.text()
    return ticket, await Entry.get(id=(await answer.json())["id"])


async def undo(house: House, ticket: Ticket, entry: Entry, who: str = "clara") -> tuple[int, dict]:
    answer = await house.http.post(
        f"/api/v1/tickets/{ticket.protocol}/entries/{entry.id}/undo", headers=await house.agent(who)
    )
    return answer.status, await answer.json()


async def shown_to(house: House, ticket: Ticket, headers: dict[str, str]) -> dict:
    answer = await house.http.get(f"/api/v1/tickets/{ticket.protocol}", headers=headers)
    return dict(await answer.json())


async def test_OUT10_a_reply_taken_back_is_a_note_and_never_leaves(house: House) -> None:
    ticket, entry = await answered(house)
    assert (await Ticket.get(id=ticket.id)).status == "awaiting_customer"
    status, shown = await undo(house, ticket, entry)
    assert status == 200
    assert shown["status"] == "open"
    assert [(each["kind"], each["visibility"]) for each in shown["entries"]][-1] == ("note", "internal")
    delivery = await Delivery.get(entry_id=entry.id)
    assert (delivery.state, delivery.attempts) == ("withdrawn", 0)
    channel = Failing()
    await Delivery.all().update(next_try_at=clock.now() - timedelta(minutes=1))
    await deliver([delivery.id], channel, house.office)
    assert channel.sent == []
    event = await Event.filter(ticket_id=ticket.id).order_by("-version").first()
    assert (event.kind, event.changes["status"]) == ("reply_withdrawn", ["awaiting_customer", "open"])


async def test_OUT10_a_customer_sees_a_reply_and_its_files_only_once_it_can_not_be_taken_back(house: House) -> None:
    ticket = await house.file("Boletim não abre")
    files = [{"filename": "a.pdf", "content_type": "application/pdf", "content": "JVBERi0xLjc="}]
    answer = await house.http.post(
        f"/api/v1/tickets/{ticket.protocol}/entries", headers=await house.agent("clara"),
        json={"text": WRITTEN, "undo_seconds": 600, "attachments": files},
    )
    shown = await answer.json()
    ana = await house.customer("ana@org-a.example")
    assert WRITTEN not in str(await shown_to(house, ticket, ana))
    file = f"/api/v1/attachments/{shown['attachments'][0]['id']}"
    assert (await house.http.get(file, headers=ana)).status == 404
    assert (await house.http.get(file, headers=await house.agent("clara"))).status == 200
    await Delivery.filter(entry_id=shown["id"]).update(next_try_at=clock.now())
    assert WRITTEN in str(await shown_to(house, ticket, ana))
    assert (await house.http.get(file, headers=ana)).status == 200


async def test_OUT10_after_its_time_a_reply_can_not_be_taken_back(house: House) -> None:
    ticket, entry = await answered(house)
    await Delivery.filter(entry_id=entry.id).update(next_try_at=clock.now())
    status, problem = await undo(house, ticket, entry)
    assert (status, problem["code"], problem["detail"]) == (
        422, "invalid_transition", "Tarde demais: a resposta já saiu.",
    )
    assert (await Entry.get(id=entry.id)).visibility == "public"
    assert (await Delivery.get(entry_id=entry.id)).state == "queued"


async def test_OUT10_what_a_dispatcher_has_taken_is_out_whatever_the_clock_says(house: House) -> None:
    ticket, entry = await answered(house)
    await Delivery.filter(entry_id=entry.id).update(state="uncertain", attempts=1)
    assert (await undo(house, ticket, entry))[0] == 422


async def test_OUT10_of_several_recipients_all_are_taken_back_or_none(house: House) -> None:
    ticket, entry = await answered(house)
    first = await Delivery.get(entry_id=entry.id)
    other = await Delivery.get(ticket_id=ticket.id, kind="acknowledgement")
    await Delivery.filter(id=other.id).update(entry_id=entry.id, state="sent", attempts=1)
    assert (await undo(house, ticket, entry))[0] == 422
    assert (await Delivery.get(id=first.id)).state == "queued"
    assert (await Entry.get(id=entry.id)).visibility == "public"


async def test_OUT10_only_its_author_takes_a_reply_back(house: House) -> None:
    ticket, entry = await answered(house)
    for who in ("lia", "diego", "root"):
        assert (await undo(house, ticket, entry, who))[0] == 404
    first = await Entry.get(ticket_id=ticket.id, seq=1)
    assert (await undo(house, ticket, first))[0] == 404
    assert (await undo(house, ticket, entry))[0] == 200
    assert (await undo(house, ticket, entry))[0] == 422


async def test_OUT10_the_status_somebody_set_meanwhile_stays(house: House) -> None:
    ticket, entry = await answered(house)
    ana = await house.customer("ana@org-a.example")
    await house.http.post(f"/api/v1/tickets/{ticket.protocol}/entries", json={"text": "E aí?"}, headers=ana)
    second = await house.http.post(
        f"/api/v1/tickets/{ticket.protocol}/entries", json={"text": "Já vai."}, headers=await house.agent("lia")
    )
    assert second.status == 201
    assert (await undo(house, ticket, entry))[1]["status"] == "awaiting_customer"


async def test_OUT10_a_reply_leaves_as_soon_as_its_time_is_over(house: House) -> None:
    _, entry = await answered(house, undo_seconds=30)
    delivery = await Delivery.get(entry_id=entry.id)
    assert delivery.next_try_at - delivery.created_at == timedelta(seconds=30)
    queue = Announced()
    await announce_due(queue, {}, delivery.next_try_at - timedelta(seconds=1))
    assert str(delivery.id) not in queue.said
    await announce_due(queue, {}, delivery.next_try_at)
    assert str(delivery.id) in queue.said


async def test_OUT10_the_answer_to_a_reply_says_until_when_it_may_be_taken_back(house: House) -> None:
    ticket = await house.file("Boletim não abre")
    headers = await house.agent("clara")
    path = f"/api/v1/tickets/{ticket.protocol}"
    answer = await (
        await house.http.post(f"{path}/entries", json={"text": WRITTEN, "undo_seconds": 600}, headers=headers)
    ).json()

    shown = (await shown_to(house, ticket, headers))["entries"][-1]
    assert answer["undo_until"] == shown["undo_until"] is not None
    at_once = await house.http.post(f"{path}/entries", json={"text": WRITTEN}, headers=headers)
    assert (await at_once.json())["undo_until"] is None


@pytest.mark.parametrize("seconds", [-1, 601, "x", 1.5, None])
async def test_a_time_nobody_offers_is_refused(house: House, seconds: object) -> None:
    ticket = await house.file("Boletim não abre")
    answer = await house.http.post(
        f"/api/v1/tickets/{ticket.protocol}/entries", json={"text": "x", "undo_seconds": seconds},
        headers=await house.agent("clara"),
    )
    assert answer.status == 422
    assert list((await answer.json())["errors"]) == ["undo_seconds"]


async def test_a_program_that_says_nothing_of_undoing_sends_at_once(house: House) -> None:
    _, entry = await answered(house, undo_seconds=0)
    delivery = await Delivery.get(entry_id=entry.id)
    assert delivery.next_try_at == delivery.created_at


async def failed(house: House) -> tuple[Ticket, Delivery]:
    """A ticket whose acknowledgement could not be delivered after many attempts."""
    ticket = await house.file("Boletim não abre")
    delivery = await Delivery.get(ticket_id=ticket.id, kind="acknowledgement")
    ago = clock.now() - timedelta(days=6)
    await Delivery.filter(id=delivery.id).update(
        state="failed", attempts=24, last_error="the relay answered 550 5.1.1", created_at=ago, next_try_at=ago
    )
    return ticket, delivery


async def retry(house: House, protocol: str, delivery_id: object, who: str = "clara") -> tuple[int, dict]:
    answer = await house.http.post(
        f"/api/v1/tickets/{protocol}/deliveries/{delivery_id}/retry", headers=await house.agent(who)
    )
    return answer.status, await answer.json()


async def test_OUT03_a_failed_delivery_is_sent_again_for_five_new_days(house: House) -> None:
    ticket, delivery = await failed(house)
    status, shown = await retry(house, ticket.protocol, delivery.id)
    assert status == 200
    row = next(each for each in shown["deliveries"] if each["id"] == str(delivery.id))
    assert (row["state"], row["attempts"]) == ("queued", 24)
    log = await house.http.get(f"/api/v1/tickets/{ticket.protocol}/log", headers=await house.agent("clara"))
    last = (await log.json())["items"][-1]
    assert (last["action"], last["who"]) == ("delivery_retried", "clara@instituicoes.example")
    assert (last["field"], last["before"], last["after"]) == ("delivery", "failed", "queued")

    channel = Failing(SendFailed("the relay answered 451 4.3.0"))
    await deliver([delivery.id], channel, house.office)
    row = await Delivery.get(id=delivery.id)
    assert (row.state, row.attempts) == ("retrying", 25)
    assert row.next_try_at - clock.now() <= timedelta(seconds=60)
    await Delivery.filter(id=delivery.id).update(next_try_at=clock.now())
    await deliver([delivery.id], channel, house.office)
    assert (await Delivery.get(id=delivery.id)).state == "sent"


async def test_OUT03_only_what_failed_is_sent_again(house: House) -> None:
    ticket, delivery = await failed(house)
    assert (await retry(house, ticket.protocol, delivery.id))[0] == 200
    status, problem = await retry(house, ticket.protocol, delivery.id)
    assert (status, problem["code"]) == (422, "invalid_transition")


async def test_OUT03_foreign_and_unknown_deliveries_are_the_same_404(house: House) -> None:
    ticket, delivery = await failed(house)
    other = await house.file("Outro")
    for protocol, wanted, who in (
        (ticket.protocol, delivery.id, "diego"), (other.protocol, delivery.id, "clara"),
        (ticket.protocol, "nonsense", "clara"), (ticket.protocol, ticket.protocol, "clara"),
        ("nowhere", delivery.id, "clara"),
    ):
        assert (await retry(house, protocol, wanted, who))[0] == 404
    answer = await house.http.post(
        f"/api/v1/tickets/{ticket.protocol}/deliveries/{delivery.id}/retry",
        headers=await house.customer("ana@org-a.example"),
    )
    assert answer.status == 403
    assert (await Delivery.get(id=delivery.id)).state == "failed"


async def test_OUT03_the_list_shows_the_tickets_of_which_something_failed(house: House) -> None:
    ticket, _ = await failed(house)
    await house.file("Sem falha")
    answer = await house.http.get("/api/v1/tickets?delivery=failed", headers=await house.agent("clara"))
    assert [each["protocol"] for each in (await answer.json())["items"]] == [ticket.protocol]
    answer = await house.http.get("/api/v1/tickets?delivery=sent", headers=await house.agent("clara"))
    assert answer.status == 422


async def test_OUT10_on_the_page_an_answer_is_taken_back(page: Page, house: House) -> None:
    await house.file("Boletim não abre")
    await sign_in(page)
    await page.get_by_role("link", name="Boletim não abre").click()
    await page.get_by_label("Texto").fill(WRITTEN)
    await page.get_by_role("button", name="Enviar").click()
    await expect(page.get_by_role("article").last).to_contain_text(re.compile(r"Sai em \d+ s"))
    await Delivery.filter(kind="reply").update(next_try_at=clock.now() + timedelta(minutes=5))
    await page.get_by_role("button", name="Desfazer").click()

    await expect(page.get_by_role("status")).to_contain_text("A resposta foi desfeita")
    await expect(page.get_by_role("article").last).to_contain_text("interna")
    await expect(page.get_by_role("button", name="Desfazer")).to_have_count(0)
    assert (await Delivery.get(kind="reply")).state == "withdrawn"


async def test_OUT10_on_the_page_too_late_is_said(page: Page, house: House) -> None:
    await house.file("Boletim não abre")
    await sign_in(page)
    await page.get_by_role("link", name="Boletim não abre").click()
    await page.get_by_label("Texto").fill(WRITTEN)
    await page.get_by_role("button", name="Enviar").click()
    await expect(page.get_by_role("button", name="Desfazer")).to_be_visible()
    await Delivery.filter(kind="reply").update(state="sent", attempts=1)
    await page.get_by_role("button", name="Desfazer").click()

    await expect(page.get_by_role("alert")).to_contain_text("Tarde demais")
    assert (await Entry.get(kind="reply")).visibility == "public"


async def test_OUT03_on_the_page_a_failure_is_red_with_its_reason_and_sent_again(page: Page, house: House) -> None:
    ticket, delivery = await failed(house)
    await house.file("Sem falha")
    await sign_in(page)
    await page.get_by_role("link", name="Não entregues").click()
    await expect(page.get_by_role("row")).to_have_count(2)
    await expect(page.locator("td.title .chip")).to_have_text("não entregue")
    await page.get_by_role("link", name="Boletim não abre").click()
    await expect(page.locator("header .chip")).to_have_text("não entregue")
    await expect(page.locator(".undelivered")).to_contain_text("o servidor de saída respondeu 550 5.1.1")
    await page.get_by_role("button", name="Enviar de novo").click()

    await expect(page.get_by_role("status")).to_have_text("O envio foi retomado.")
    await expect(page.locator("header .chip")).to_have_count(0)
    assert (await Delivery.get(id=delivery.id)).state == "queued"
    assert (await Ticket.get(id=ticket.id)).version == 2
