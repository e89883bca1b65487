"""What the desk hides of a message, wherever it would be shown, and who may see it all the same."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from core.audit import AuditRow
from core.ids import new_id
from core.tickets.tables import Entry, EntryAttachment, Ticket
from tests.harness.house import House

CPF, CARD = "529.982.247-25", "4111 1111 1111 1111"
TITLE, TEXT = f"Matrícula do CPF {CPF}", f"O cartão é {CARD}, o protocolo 202611220000018 e o telefone (11) 91234-5678."
HIDDEN_TITLE = "Matrícula do CPF •••.•••.•••-25"
HIDDEN_TEXT = TEXT.replace(CARD, "•••• •••• •••• 1111")
SECRETS = (CPF, "52998224725", CARD, "4111 1111")


@pytest.fixture
def migrated_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """Nothing here depends on the database, so one kind is enough."""
    return f"sqlite://{shutil.copy(migrated_sqlite, tmp_path / 'guiche.sqlite3')}"


async def written(house: House, title: str = TITLE, text: str = TEXT, **more: object) -> tuple[Ticket, Entry]:
    ticket = await house.file(title, text, full_text=f"{text}\n> {CPF}", html=f"<p>{text}</p>", **more)
    return ticket, await Entry.get(ticket_id=ticket.id)


async def ask(house: House, method: str, path: str, who: str = "clara", **options: Any) -> tuple[int, Any]:
    headers = await (house.customer(who) if "@" in who else house.agent(who)) if who else {}
    async with house.http.request(method, path, headers=headers, **options) as answer:
        return answer.status, await answer.json(content_type=None)


@pytest.mark.parametrize("who", ["clara", "root", "ana@org-a.example"])
async def test_a_ticket_shows_no_more_of_it_than_its_end(house: House, who: str) -> None:
    ticket, _ = await written(house)

    _, shown = await ask(house, "GET", f"/api/v1/tickets/{ticket.protocol}", who)

    [entry] = shown["entries"]
    assert (shown["title"], entry["text"]) == (HIDDEN_TITLE, HIDDEN_TEXT)
    assert (entry["masked"], entry["html"]) == (True, None)
    assert entry["full_text"] == f"{HIDDEN_TEXT}\n> •••.•••.•••-25"
    assert not any(secret in json.dumps(shown) for secret in SECRETS)


async def test_a_file_s_name_shows_no_more_of_it_either(house: House) -> None:
    ticket, entry = await written(house)
    await EntryAttachment.create(
        id=new_id(), entry=entry, ticket_id=ticket.id, filename=f"RG e CPF {CPF}.pdf", content_type="application/pdf",
        size=1, digest="0" * 64,
    )  # fmt: skip

    _, shown = await ask(house, "GET", f"/api/v1/tickets/{ticket.protocol}")

    [file] = shown["entries"][0]["attachments"]
    assert file["filename"] == "RG e CPF •••.•••.•••-25.pdf"
    await EntryAttachment.filter(entry_id=entry.id).delete()  # it has no bytes


async def test_a_long_text_is_hidden_in_like_a_short_one(house: House) -> None:
    ticket, _ = await written(house, text=f"{'x ' * 30_000}{CPF}")

    _, shown = await ask(house, "GET", f"/api/v1/tickets/{ticket.protocol}")

    assert shown["entries"][0]["text"].endswith("•••.•••.•••-25") and CPF not in json.dumps(shown)


async def test_what_holds_nothing_of_it_is_shown_as_it_came(house: House) -> None:
    ticket = await house.file("Boletim", "Não abre o 12345678900.", html="<p>Não abre.</p>")

    _, shown = await ask(house, "GET", f"/api/v1/tickets/{ticket.protocol}")

    assert (shown["entries"][0]["masked"], shown["entries"][0]["html"]) == (False, "<p>Não abre.</p>")
    assert shown["entries"][0]["text"] == "Não abre o 12345678900."


@pytest.mark.parametrize("html", [f"<p>{CPF}</p>", "<p>529.982.<b>247</b>-25</p>", "<p>529&#46;982.247-25</p>"])
async def test_html_that_alone_holds_it_is_not_shown(house: House, html: str) -> None:
    ticket = await house.file("Boletim", "Veja abaixo.", html=html)

    _, shown = await ask(house, "GET", f"/api/v1/tickets/{ticket.protocol}")

    assert (shown["entries"][0]["masked"], shown["entries"][0]["html"]) == (True, None)


async def test_lists_and_the_log_show_no_more_either(house: House) -> None:
    ticket, _ = await written(house)

    _, listed = await ask(house, "GET", "/api/v1/tickets")
    _, first = await ask(house, "GET", "/api/v1/tickets/next")
    _, log = await ask(house, "GET", f"/api/v1/tickets/{ticket.protocol}/log")

    assert [row["title"] for row in listed["items"]] == [first["title"]] == [HIDDEN_TITLE]
    assert not any(secret in json.dumps([listed, first, log]) for secret in SECRETS)


async def test_an_answer_shows_its_author_no_more_than_the_ticket_does(house: House) -> None:
    ticket, _ = await written(house)

    status, entry = await ask(
        house, "POST", f"/api/v1/tickets/{ticket.protocol}/entries", json={"text": f"Seu CPF {CPF} está certo."}
    )

    assert (status, entry["text"], entry["masked"]) == (201, "Seu CPF •••.•••.•••-25 está certo.", True)


async def test_an_agent_who_works_on_it_may_see_it_and_that_is_noted(house: House) -> None:
    _, entry = await written(house)

    status, shown = await ask(house, "POST", f"/api/v1/entries/{entry.id}/reveal")

    assert (status, shown["text"], shown["masked"]) == (200, TEXT, False)
    assert (shown["full_text"], shown["html"]) == (f"{TEXT}\n> {CPF}", f"<p>{TEXT}</p>")
    row = await AuditRow.get(action="revealed")
    assert (row.actor.partition(":")[0], row.object_id, row.detail) == ("agent", f"entry:{entry.id}", "")


@pytest.mark.parametrize(
    ("who", "status"),
    [("clara", 200), ("lia", 200), ("dora", 200), ("root", 200), ("diego", 404), ("ana@org-a.example", 404),
     ("adm@org-a.example", 404), ("carla@org-b.example", 404), ("", 401)],
)  # fmt: skip
async def test_T22_nobody_else_sees_it_and_nothing_is_noted_then(house: House, who: str, status: int) -> None:
    _, entry = await written(house)

    assert (await ask(house, "POST", f"/api/v1/entries/{entry.id}/reveal", who))[0] == status
    assert await AuditRow.filter(action="revealed").count() == (status == 200)


@pytest.mark.parametrize("number", ["nonsense", "00000000-0000-0000-0000-000000000000", "x" * 500])
async def test_an_entry_there_is_not_is_not_found(house: House, number: str) -> None:
    assert (await ask(house, "POST", f"/api/v1/entries/{number}/reveal"))[0] == 404


async def signed_in(house: House, name: str = "clara") -> str:
    """The session's CSRF token, as the pages carry it."""
    text = await (await house.http.get("/login")).text()
    fields = {"email": f"{name}@instituicoes.example", "password": f"demo-{name}", "csrf_token": _csrf(text)}
    await house.http.post("/login", data=fields)
    return _csrf(await (await house.http.get("/console/")).text())


def _csrf(text: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', text)
    assert found is not None
    return found.group(1)


async def test_on_the_page_a_button_shows_it_once(house: House) -> None:
    ticket, entry = await written(house)
    token = await signed_in(house)
    path = f"/console/tickets/{ticket.protocol}"

    before = await (await house.http.get(path)).text()
    answer = await house.http.post(f"{path}/entries/{entry.id}/reveal", data={"csrf_token": token})
    shown, after = await answer.text(), await (await house.http.get(path)).text()

    assert f"{path}/entries/{entry.id}/reveal" in before and f"{entry.id}/reveal" not in shown
    assert not any(secret in text for text in (before, after) for secret in SECRETS)
    assert answer.status == 200 and CARD in shown and HIDDEN_TITLE in shown
    assert "no-store" in answer.headers["Cache-Control"]
    assert await AuditRow.filter(action="revealed", object_id=f"entry:{entry.id}").count() == 1


async def test_on_the_page_nobody_sees_it_without_the_session_s_token_or_by_another_ticket(house: House) -> None:
    ticket, entry = await written(house)
    other = await house.file("Outro", "nada")
    token = await signed_in(house)
    reveal = f"entries/{entry.id}/reveal"

    forged = await house.http.post(f"/console/tickets/{ticket.protocol}/{reveal}", data={"csrf_token": "x"})
    strayed = await house.http.post(f"/console/tickets/{other.protocol}/{reveal}", data={"csrf_token": token})

    assert (forged.status, strayed.status) == (403, 404)
    assert not await AuditRow.filter(action="revealed").exists()


async def test_the_frame_with_the_mail_s_own_format_stays_empty(house: House) -> None:
    ticket, entry = await written(house)
    await signed_in(house)

    answer = await house.http.get(f"/console/tickets/{ticket.protocol}/entries/{entry.id}/html")
    text = await answer.text()

    assert answer.status == 404
    assert not any(secret in text for secret in SECRETS)


async def test_a_desk_that_hides_nothing_shows_everything(opening_house: House) -> None:
    ticket, _ = await written(opening_house)

    _, shown = await ask(opening_house, "GET", f"/api/v1/tickets/{ticket.protocol}")

    assert (shown["title"], shown["entries"][0]["text"], shown["entries"][0]["masked"]) == (TITLE, TEXT, False)
