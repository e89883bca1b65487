"""The API: what each endpoint answers, to whom, and in which words it refuses."""

import hashlib

import aiohttp
import pytest

from core import clock
from core.decision import Reason
from core.deliveries import Delivery
from core.ids import new_id
from core.message import Attachment, Blob, Claim, ClaimKind, RefusedMessage
from core.people.tables import Person
from core.tickets.intake import file_batch
from core.tickets.tables import Entry, EntryAttachment, Ticket
from tests.harness.house import House

NEW = {"requester": "ana@org-a.example", "title": "Impressora parada", "text": "Não imprime."}


async def test_an_agent_opens_a_ticket_and_the_customer_gets_an_acknowledgement(opening_house: House) -> None:
    house = opening_house
    answer = await house.http.post("/api/v1/tickets", json=NEW, headers=await house.agent("clara"))
    ticket = await answer.json()

    assert answer.status == 201
    assert answer.headers["Location"] == f"/api/v1/tickets/{ticket['protocol']}"
    assert (ticket["title"], ticket["status"], ticket["opened_via"]) == ("Impressora parada", "open", "api")
    assert ticket["opened_by"] == "clara@representantes.example"
    assert await Delivery.filter(kind="acknowledgement", channel="email").count() == 1


async def test_where_agents_may_not_open_the_api_says_so(house: House) -> None:
    answer = await house.http.post("/api/v1/tickets", json=NEW, headers=await house.agent("clara"))

    assert (answer.status, (await answer.json())["code"]) == (403, "agent_may_not_open")
    assert await Ticket.all().count() == 0


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"requester": "ana@org-a.example", "text": "x"}, "title"),
        ({**NEW, "title": "  "}, "title"),
        ({**NEW, "customer_id": 7}, "customer_id"),
        ({**NEW, "requester": "nobody@nowhere.example"}, "requester"),
        ({**NEW, "sector": "nenhum"}, "sector"),
        ({**NEW, "priority": 3}, "priority"),
    ],
)  # fmt: skip
async def test_a_wrong_field_is_named_by_its_path(opening_house: House, body: dict[str, object], path: str) -> None:
    headers = await opening_house.agent("clara")
    answer = await opening_house.http.post("/api/v1/tickets", json=body, headers=headers)
    problem = await answer.json()

    assert (answer.status, problem["code"]) == (422, "invalid_fields")
    assert list(problem["errors"]) == [path]
    assert answer.content_type == "application/problem+json"


async def test_complaints_come_in_the_language_of_the_reader(opening_house: House) -> None:
    headers = await opening_house.agent("clara")
    body = {**NEW, "extra": 1}
    in_english = await opening_house.http.post(
        "/api/v1/tickets", json=body, headers={**headers, "Accept-Language": "en"}
    )
    by_default = await opening_house.http.post("/api/v1/tickets", json=body, headers=headers)

    assert (await in_english.json())["errors"] == {"extra": ["no such field"]}
    assert (await by_default.json())["errors"] == {"extra": ["este campo não existe"]}


async def test_the_list_shows_the_tickets_of_ones_sector_page_by_page(house: House) -> None:
    protocols = [(await house.file(f"Assunto {number}")).protocol for number in range(3)]
    headers = await house.agent("clara")

    first = await (await house.http.get("/api/v1/tickets?limit=2", headers=headers)).json()
    second = await (await house.http.get(f"/api/v1/tickets?limit=2&cursor={first['next']}", headers=headers)).json()
    foreign = await (await house.http.get("/api/v1/tickets", headers=await house.agent("diego"))).json()

    assert [each["protocol"] for each in first["items"] + second["items"]] == protocols
    assert second["next"] is None
    assert foreign == {"items": [], "next": None}


async def test_an_order_nobody_offers_is_refused(house: House) -> None:
    answer = await house.http.get("/api/v1/tickets?order=password_hash", headers=await house.agent("clara"))

    assert (answer.status, list((await answer.json())["errors"])) == (422, ["order"])


async def test_the_next_ticket_is_the_oldest_of_ones_sector(house: House) -> None:
    oldest = await house.file("primeiro")
    await house.file("segundo")

    answer = await house.http.get("/api/v1/tickets/next", headers=await house.agent("clara"))
    none = await house.http.get("/api/v1/tickets/next", headers=await house.agent("diego"))

    assert (await answer.json())["protocol"] == oldest.protocol
    assert none.status == 404


async def test_foreign_and_unknown_tickets_are_the_same_404(house: House) -> None:
    ticket = await house.file()
    headers = await house.agent("diego")
    foreign = await house.http.get(f"/api/v1/tickets/{ticket.protocol}", headers=headers)
    unknown = await house.http.get("/api/v1/tickets/209901010000010", headers=headers)

    assert foreign.status == unknown.status == 404
    assert await foreign.json() == await unknown.json()


async def test_nobody_reads_without_a_token(house: House) -> None:
    ticket = await house.file()
    for path in ("", f"/{ticket.protocol}", f"/{ticket.protocol}/log", "/next"):
        answer = await house.http.get(f"/api/v1/tickets{path}")
        assert (answer.status, (await answer.json())["code"]) == (401, "unauthenticated")


async def test_a_public_reply_goes_to_the_customer_and_awaits_him(house: House) -> None:
    ticket = await house.file()
    headers = await house.agent("clara")
    answer = await house.http.post(
        f"/api/v1/tickets/{ticket.protocol}/entries", json={"text": "Bom dia, Ana."}, headers=headers
    )
    entry = await answer.json()
    shown = await (await house.http.get(f"/api/v1/tickets/{ticket.protocol}", headers=headers)).json()

    assert answer.status == 201
    assert (entry["kind"], entry["visibility"], entry["author"]["role"]) == ("reply", "public", "agent")
    assert shown["status"] == "awaiting_customer"
    assert await Delivery.filter(kind="reply", recipient_kind="person").count() == 1


async def test_an_internal_note_stays_in_the_house(house: House) -> None:
    ticket = await house.file()
    answer = await house.http.post(
        f"/api/v1/tickets/{ticket.protocol}/entries", json={"text": "CANARIO", "visibility": "internal"},
        headers=await house.agent("clara"),
    )  # fmt: skip
    seen = await house.http.get(
        f"/api/v1/tickets/{ticket.protocol}", headers=await house.customer("ana@org-a.example")
    )

    assert answer.status == 201
    assert "CANARIO" not in await seen.text()
    assert await Delivery.filter(kind__in=["reply", "note_notice"], recipient_kind="person").count() == 0


async def test_an_entry_brings_its_files_as_json_or_multipart(house: House) -> None:
    ticket = await house.file()
    headers = await house.agent("clara")
    path = f"/api/v1/tickets/{ticket.protocol}/entries"
    file = {"filename": "a.txt", "content_type": "text/plain", "content": "b2zDoQ=="}
    by_json = await house.http.post(path, json={"text": "um", "attachments": [file]}, headers=headers)
    form = aiohttp.FormData({"text": "dois"})
    form.add_field("attachments", b"\x00" * 100_000, filename="grande.bin", content_type="application/x-big")
    by_form = await house.http.post(path, data=form, headers=headers)

    [small], [large] = (await by_json.json())["attachments"], (await by_form.json())["attachments"]
    assert (small["filename"], small["size"]) == ("a.txt", 4)
    assert (large["filename"], large["size"]) == ("grande.bin", 100_000)
    got = await house.http.get(f"/api/v1/attachments/{large['id']}", headers=headers)
    assert await got.read() == b"\x00" * 100_000


async def test_a_customer_reads_and_complements_only_what_is_his(house: House) -> None:
    ticket = await house.file()
    ana, carla = await house.customer("ana@org-a.example"), await house.customer("carla@org-b.example")
    path = f"/api/v1/tickets/{ticket.protocol}"

    own = await (await house.http.get("/api/v1/tickets", headers=ana)).json()
    added = await house.http.post(f"{path}/entries", json={"text": "mais", "visibility": "internal"}, headers=ana)

    assert [each["protocol"] for each in own["items"]] == [ticket.protocol]
    assert (await (await house.http.get("/api/v1/tickets", headers=carla)).json())["items"] == []
    assert (added.status, (await added.json())["visibility"]) == (201, "public")
    assert (await house.http.get(path, headers=carla)).status == 404
    assert (await house.http.post(f"{path}/entries", json={"text": "x"}, headers=carla)).status == 404
    assert (await house.http.post(f"{path}/close", json={}, headers=ana)).status == 403
    assert (await house.http.get(f"{path}/log", headers=ana)).status == 403


async def test_a_ticket_is_closed_with_its_resolution_and_reopened(house: House) -> None:
    ticket = await house.file()
    headers, path = await house.agent("clara"), f"/api/v1/tickets/{ticket.protocol}"

    without = await house.http.post(f"{path}/close", json={}, headers=headers)
    closed = await house.http.post(f"{path}/close", json={"fields": {"resolution": "Trocado."}}, headers=headers)
    again = await house.http.post(f"{path}/close", json={"fields": {"resolution": "x"}}, headers=headers)
    reopened = await house.http.post(f"{path}/reopen", headers=headers)

    assert list((await without.json())["errors"]) == ["fields.resolution"]
    assert (closed.status, (await closed.json())["status"]) == (200, "closed")
    assert (again.status, (await again.json())["code"]) == (422, "invalid_transition")
    assert (await again.json())["errors"] == {}
    assert (await reopened.json())["status"] == "open"


async def test_a_stale_version_changes_nothing(house: House) -> None:
    ticket = await house.file()
    headers, path = await house.agent("clara"), f"/api/v1/tickets/{ticket.protocol}"
    version = (await (await house.http.get(path, headers=headers)).json())["version"]
    started = await house.http.post(f"{path}/start", json={"version": version}, headers=headers)
    stale = await house.http.post(
        f"{path}/close", json={"version": version, "fields": {"resolution": "x"}}, headers=headers
    )

    assert (await started.json())["agent"] == "clara@instituicoes.example"
    assert (stale.status, (await stale.json())["code"]) == (409, "stale_version")
    assert (await Ticket.get(id=ticket.id)).status == "open"


async def test_an_action_nobody_knows_is_no_transition(house: House) -> None:
    ticket = await house.file()
    answer = await house.http.post(
        f"/api/v1/tickets/{ticket.protocol}/renegotiate", json={}, headers=await house.agent("clara")
    )

    assert (answer.status, (await answer.json())["code"]) == (422, "invalid_transition")


async def test_the_log_names_who_changed_what(house: House) -> None:
    ticket = await house.file()
    headers, path = await house.agent("clara"), f"/api/v1/tickets/{ticket.protocol}"
    await house.http.post(f"{path}/forward", json={"sector": "n2"}, headers=headers)

    rows = (await (await house.http.get(f"{path}/log", headers=await house.agent("diego"))).json())["items"]

    moved = [(row["who"], row["before"], row["after"]) for row in rows if row["field"] == "sector"]
    assert moved == [("clara@instituicoes.example", "n1", "n2")]


async def test_refusals_are_listed_without_content(house: House) -> None:
    now = clock.now()
    refused = RefusedMessage(
        intake_id=new_id(), channel="email", reason=Reason.NOT_AUTHORIZED, received_at=now, size=7
    )
    await file_batch([refused], house.office, now)

    [row] = (await (await house.http.get("/api/v1/refusals", headers=await house.agent("clara"))).json())["items"]

    assert set(row) == {"at", "channel", "reason", "size"}
    assert (row["channel"], row["reason"], row["size"]) == ("email", "not_authorized", 7)


async def test_a_held_message_is_listed_and_discarded(house: House) -> None:
    headers = await house.agent("clara")
    await house.file(held_for=Reason.NO_STANDING)
    [row] = (await (await house.http.get("/api/v1/held", headers=headers)).json())["items"]

    gone = await house.http.post(f"/api/v1/held/{row['id']}/discard", headers=headers)
    again = await house.http.post(f"/api/v1/held/{row['id']}/discard", headers=headers)

    assert (row["reason"], row["sender"]) == ("no_standing", "ana@org-a.example")
    assert (gone.status, again.status) == (200, 404)
    assert await Entry.all().count() == 0


@pytest.mark.parametrize("path", ["/api/v1/held", "/api/v1/refusals"])
async def test_a_customer_sees_no_quarantine(house: House, path: str) -> None:
    answer = await house.http.get(path, headers=await house.customer("ana@org-a.example"))

    assert answer.status == 403


FILES = [
    ("foto.png", "image/png", b"\x89PNG\r\n\x1a\n rest", "image/png"),
    ("foto.png", "image/png", b"<html><script>alert(1)</script>", "application/octet-stream"),
    ("x.svg", "image/svg+xml", b"<svg onload=alert(1)>", "application/octet-stream"),
    ("x.html", "text/html", b"<script>alert(1)</script>", "application/octet-stream"),
]


@pytest.mark.parametrize(("name", "claimed", "content", "served"), FILES)
async def test_a_file_is_never_opened_inside_our_origin(
    house: House, name: str, claimed: str, content: bytes, served: str
) -> None:
    await house.with_file(_file(name, claimed, content))
    answer = await _download(house)

    assert answer.status == 200
    assert await answer.read() == content
    assert answer.headers["Content-Type"] == served
    assert answer.headers["Content-Disposition"].startswith("attachment; ")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


async def test_a_files_name_travels_in_ascii_and_in_utf8(house: House) -> None:
    await house.with_file(_file('relató"rio\r\nX-Evil: 1;.pdf', "application/pdf", b"%PDF-1.7"))
    answer = await _download(house)

    assert answer.headers["Content-Disposition"] == (
        "attachment; filename=\"relatorioX-Evil_ 1_.pdf\"; filename*=UTF-8''relat%C3%B3rioX-Evil%3A%201%3B.pdf"
    )
    assert "X-Evil" not in answer.headers


async def test_foreign_unknown_and_nonsense_files_are_the_same_404(house: House) -> None:
    await house.with_file(_file("a.txt", "text/plain", b"x"))
    foreign = await _download(house, "diego")
    headers = await house.agent("clara")
    unknown = await house.http.get(f"/api/v1/attachments/{new_id()}", headers=headers)
    nonsense = await house.http.get("/api/v1/attachments/..%2F..%2Fetc%2Fpasswd", headers=headers)

    assert foreign.status == unknown.status == nonsense.status == 404
    assert await foreign.json() == await unknown.json() == await nonsense.json()


async def test_a_file_of_an_internal_note_is_not_for_the_customer(house: House) -> None:
    ticket = await house.file()
    file = {"filename": "a.txt", "content": "eA=="}
    body = {"text": "nota", "visibility": "internal", "attachments": [file]}
    path = f"/api/v1/tickets/{ticket.protocol}/entries"
    entry = await (await house.http.post(path, json=body, headers=await house.agent("clara"))).json()

    answer = await house.http.get(
        f"/api/v1/attachments/{entry['attachments'][0]['id']}", headers=await house.customer("ana@org-a.example")
    )

    assert answer.status == 404


def _file(name: str, content_type: str, content: bytes) -> Attachment:
    blob = Blob(digest=hashlib.sha256(content).hexdigest(), size=len(content), content=content)
    return Attachment(filename=name, content_type=content_type, blob=blob)


async def _download(house: House, agent: str = "clara") -> aiohttp.ClientResponse:
    file = await EntryAttachment.all().first()
    return await house.http.get(f"/api/v1/attachments/{file.id}", headers=await house.agent(agent))


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("q=%00", "q"), ("sector=%00", "sector"), ("status=" + "a" * 65, "status"), ("q=" + "a" * 3000, "q"),
        ("opened_to=9999-12-31T23:59:59-03:00", "opened_to"), ("order=title&cursor=WyJ0aXRsZSIsICJcdWQ4MDAiLCAxXQ", "cursor"),
    ],
)  # fmt: skip
async def test_W13_a_filter_no_database_takes_is_named(house: House, query: str, name: str) -> None:
    answer = await house.http.get(f"/api/v1/tickets?{query}", headers=await house.agent("clara"))

    assert (answer.status, list((await answer.json())["errors"])) == (422, [name])


async def test_S22_a_nul_in_a_body_is_left_out(house: House) -> None:
    path = f"/api/v1/tickets/{(await house.file()).protocol}"
    headers = await house.agent("clara")
    fields = {"reason": "du\x00as", "category": None}
    classified = await house.http.post(f"{path}/classify", json={"fields": fields}, headers=headers)
    empty = await house.http.post(f"{path}/entries", json={"text": "\x00"}, headers=headers)

    assert (classified.status, (await classified.json())["reason"]) == (200, "duas")
    assert (empty.status, list((await empty.json())["errors"])) == (422, ["text"])


async def test_an_unknown_subcategory_is_named(opening_house: House) -> None:
    headers = await opening_house.agent("clara")
    answer = await opening_house.http.post("/api/v1/tickets", json={**NEW, "subcategory": "x" * 80}, headers=headers)

    assert (answer.status, list((await answer.json())["errors"])) == (422, ["subcategory"])


async def test_the_folder_of_static_files_is_not_found(house: House) -> None:
    answer = await house.http.get("/static/")

    assert (answer.status, (await answer.json())["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({}, ["tests_performed", "details", "customer_informed", "representative_informed"]),
        ({"tests_performed": True, "details": 1}, ["tests_performed", "details"]),
        ({"customer_informed": "yes", "representative_informed": False}, ["customer_informed", "representative_informed"]),
    ],
)  # fmt: skip
async def test_a_hand_over_names_every_field_it_wants(
    opening_house: House, fields: dict[str, object], wrong: list[str]
) -> None:
    headers = await opening_house.agent("clara")
    given = {
        "tests_performed": "t", "details": "d", "customer_informed": True, "representative_informed": True,
    }  # fmt: skip
    body = {"sector": "pos", "fields": {**given, **fields} if fields else {}}
    path = f"/api/v1/tickets/{(await opening_house.file()).protocol}/forward"
    answer = await opening_house.http.post(path, json=body, headers=headers)

    assert (answer.status, list((await answer.json())["errors"])) == (422, [f"fields.{name}" for name in wrong])


async def test_handing_a_ticket_on_answers_the_ticket(house: House) -> None:
    path = f"/api/v1/tickets/{(await house.file()).protocol}/forward"
    answer = await house.http.post(path, json={"sector": "n2"}, headers=await house.agent("clara"))

    assert (answer.status, (await answer.json())["sector"]) == (200, "n2")


async def test_TH10_tickets_with_the_same_subject_are_suggested_and_never_joined(house: House) -> None:
    first = await house.file("Boletim não abre")
    again = await house.file("Res: Boletim não abre")
    await house.file("Boletim não abre", who="carla@org-b.example")

    shown = await house.http.get(f"/api/v1/tickets/{again.protocol}", headers=await house.agent("clara"))

    assert (await shown.json())["suggestions"] == [{"kind": "same_subject", "protocol": first.protocol}]
    assert await Ticket.all().count() == 3


async def test_TH09_a_reply_with_another_subject_is_suggested_as_a_topic_of_its_own(house: House) -> None:
    ticket = await house.file("Boletim")
    person = await Person.get(email="ana@org-a.example")
    claim = Claim(kind=ClaimKind.REPLY_TOKEN, ticket_id=ticket.id, recipient_id=person.id)
    await house.file("Nota fiscal", claims=(claim,))

    shown = await house.http.get(f"/api/v1/tickets/{ticket.protocol}", headers=await house.agent("clara"))
    body = await shown.json()

    assert body["entries"][1]["subject"] == "Nota fiscal"
    assert body["suggestions"] == [{"kind": "new_topic", "entry": body["entries"][1]["id"]}]
