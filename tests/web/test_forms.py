import asyncio
import base64
import io
import json
import secrets
from datetime import timedelta
from functools import partial

import pytest

from core import clock
from core.attachments import fetch
from core.deliveries import Delivery
from core.idempotency import IdempotencyKey
from core.tickets.tables import Entry, EntryAttachment, Held, Intake, Ticket
from tests.harness.web import multipart, request
from tests.web.conftest import Site

PATH = "/webhooks/forms/contato"
POST = {"name": "Ana", "email": "ana@org-a.example", "title": "Boletim", "message": "O boletim não abre."}


async def send(site: Site, token: str, body=None, **options):
    """Status, headers and parsed body of one post."""
    headers = {"Authorization": f"Bearer {token}", **options.pop("headers", {})}
    if body is not None:
        options["json"] = body
    async with site.client.post(site.url + options.pop("path", PATH), headers=headers, **options) as answer:
        return answer.status, answer.headers, await answer.json(content_type=None)


async def test_a_form_becomes_a_ticket_with_its_protocol(site: Site):
    status, headers, body = await send(site, await site.form_token(), POST)

    ticket = await Ticket.get()
    assert status == 201 and body["protocol"] == ticket.protocol and body["number"] == ticket.id
    assert (ticket.title, ticket.opened_via) == ("Boletim", "form")
    entry = await Entry.get()
    assert (entry.text, entry.authentication, entry.threaded_by) == ("O boletim não abre.", "form_token", "new")
    assert await Delivery.filter(kind="acknowledgement").count() == 1
    assert headers["Cache-Control"] == "no-store"


async def test_a_form_in_parts_brings_its_files(site: Site):
    large = secrets.token_bytes(200_000)
    headers, body = multipart(POST, [
        ("attachments", "foto.png", "image/png", b"\x89PNG small"), ("attachments", "dados.bin", "", large),
    ])

    status, _, answer = await send(site, await site.form_token(), headers=headers, data=body)

    assert status == 201, answer
    files = {row.filename: row for row in await EntryAttachment.all()}
    assert sorted(files) == ["dados.bin", "foto.png"]
    assert await fetch(site.counter.desk.blobs, files["dados.bin"].digest) == large
    assert files["dados.bin"].content_type == "application/octet-stream"


async def test_a_form_in_json_brings_its_files(site: Site):
    file = {"filename": "../../etc/passwd", "content_type": "text/plain", "content": base64.b64encode(b"x").decode()}

    status, _, _ = await send(site, await site.form_token(), {**POST, "attachments": [file]})

    assert status == 201
    assert (await EntryAttachment.get()).filename == "passwd"


async def test_a_title_left_empty_is_made_of_the_first_words(site: Site):
    await send(site, await site.form_token(), {"email": "ana@org-a.example", "message": "um dois três\nquatro"})

    assert (await Ticket.get()).title == "um dois três quatro"


async def test_the_same_key_and_body_give_the_same_answer(site: Site):
    token, key = await site.form_token(), {"Idempotency-Key": "clique"}
    first = await send(site, token, POST, headers=key)

    again = await send(site, token, POST, headers=key)

    assert again[0] == first[0] == 201 and again[2] == first[2]
    assert await Entry.all().count() == 1


async def test_a_double_click_files_one_ticket_f07(site: Site):
    token, key = await site.form_token(), {"Idempotency-Key": "clique"}

    answers = await asyncio.gather(*(send(site, token, POST, headers=key) for _ in range(6)))

    assert {answer[0] for answer in answers} == {201}
    assert len({answer[2]["protocol"] for answer in answers}) == 1
    assert await Ticket.all().count() == 1


async def test_the_same_parts_under_another_boundary_are_the_same_request(site: Site):
    token, key = await site.form_token(), {"Idempotency-Key": "clique"}
    answers = []
    for _ in range(2):
        headers, body = multipart(POST, [("attachments", "a.txt", "text/plain", b"a")])
        answers.append(await send(site, token, headers={**headers, **key}, data=body))

    assert answers[0][2] == answers[1][2] and await Ticket.all().count() == 1


async def test_another_body_under_the_same_key_is_a_conflict(site: Site):
    token, key = await site.form_token(), {"Idempotency-Key": "clique"}
    await send(site, token, POST, headers=key)

    status, _, body = await send(site, token, {**POST, "message": "Outra coisa."}, headers=key)

    assert (status, body["code"], body["errors"]) == (422, "idempotency_conflict", {})
    assert await Ticket.all().count() == 1


async def test_the_same_key_of_another_token_is_another_request(site: Site):
    key = {"Idempotency-Key": "clique"}

    for _ in range(2):
        await send(site, await site.form_token(), POST, headers=key)

    assert await Ticket.all().count() == 2


async def test_a_request_whose_process_died_is_taken_over_and_files_once(site: Site):
    token, key = await site.form_token(), {"Idempotency-Key": "clique"}
    first = await send(site, token, POST, headers=key)
    long_ago = (clock.now() - timedelta(minutes=1)).isoformat()
    await IdempotencyKey.all().update(status=None, answer=long_ago)

    again = await send(site, token, POST, headers=key)

    assert again[2] == first[2] and await Ticket.all().count() == 1


async def test_after_a_day_the_same_key_is_another_request(site: Site):
    token, key = await site.form_token(), {"Idempotency-Key": "clique"}
    await send(site, token, POST, headers=key)
    await IdempotencyKey.all().update(expires_at=clock.now() - timedelta(seconds=1))

    status, _, _ = await send(site, token, {**POST, "message": "Outra coisa."}, headers=key)

    assert status == 201 and await Ticket.all().count() == 2


async def test_a_refused_request_leaves_its_key_free(site: Site):
    token, key = await site.form_token(), {"Idempotency-Key": "clique"}
    await send(site, token, {**POST, "email": "ninguem@nowhere.example"}, headers=key)

    status, _, _ = await send(site, token, POST, headers=key)

    assert status == 201


async def test_filing_that_takes_longer_is_answered_with_a_receipt(site: Site):
    await site.stop_worker()
    token = await site.form_token()

    status, headers, body = await send(site, token, POST)

    assert status == 202 and list(body) == ["receipt"]
    assert await _receipt(site, token, headers["Location"]) == (200, {"state": "queued"})
    await site.start_worker()
    async with asyncio.timeout(10):
        while not await Ticket.exists():
            await asyncio.sleep(0.02)
    protocol = (await Ticket.get()).protocol
    assert await _receipt(site, token, headers["Location"]) == (200, {"state": "filed", "protocol": protocol})


async def _receipt(site: Site, token: str, path: str):
    async with site.client.get(site.url + path, headers={"Authorization": f"Bearer {token}"}) as answer:
        return answer.status, await answer.json(content_type=None)


async def test_a_receipt_opens_for_its_own_token_alone(site: Site):
    _, _, body = await send(site, await site.form_token(), POST)

    status, _ = await _receipt(site, await site.form_token(), f"/webhooks/receipts/{body['receipt']}")

    assert status == 404


async def test_a_protocol_of_ones_own_is_complemented(site: Site):
    token = await site.form_token()
    _, _, opened = await send(site, token, POST)

    status, _, body = await send(site, token, {**POST, "message": "Mais.", "protocol": opened["protocol"]})

    assert status == 201 and body["protocol"] == opened["protocol"]
    assert [entry.threaded_by for entry in await Entry.all().order_by("seq")] == ["new", "form"]


async def test_a_foreign_protocol_and_an_unknown_one_are_the_same_404(site: Site):
    token = await site.form_token()
    _, _, opened = await send(site, token, POST)
    carla = {**POST, "email": "carla@org-b.example"}

    foreign = await send(site, token, {**carla, "protocol": opened["protocol"]})
    unknown = await send(site, token, {**carla, "protocol": "202611220000010"})

    assert foreign[0] == unknown[0] == 404 and foreign[2] == unknown[2]
    assert await Entry.all().count() == 1


@pytest.mark.parametrize("email", ["ninguem@nowhere.example", "bruno@org-a.example", "clara@instituicoes.example"])
async def test_who_may_not_speak_is_refused_and_nothing_of_his_words_is_kept(site: Site, email: str):
    status, _, body = await send(site, await site.form_token(), {**POST, "email": email})

    assert (status, body["code"]) == (403, "not_authorized")
    async with asyncio.timeout(10):
        while not await Intake.exists():
            await asyncio.sleep(0.02)
    assert (await Intake.get()).outcome == "refused" and not await Ticket.exists()


async def test_no_token_and_a_token_of_something_else_are_unauthenticated(site: Site):
    agent = await site.agent_token("clara@instituicoes.example")

    for token in ("", "nonsense", agent):
        status, headers, body = await send(site, token, POST)
        assert (status, body["code"]) == (401, "unauthenticated")
        assert headers["WWW-Authenticate"] == "Bearer"


async def test_an_unknown_form_is_not_found(site: Site):
    status, _, _ = await send(site, await site.form_token(), POST, path="/webhooks/forms/outro")

    assert status == 404


@pytest.mark.parametrize(("change", "field"), [
    ({"email": ""}, "email"), ({"email": "nobody"}, "email"), ({"message": "  "}, "message"),
    ({"category": "nenhuma"}, "category"), ({"subcategory": "nenhuma"}, "subcategory"),
    ({"message": "x" * 100_001}, "message"), ({"title": ["a"]}, "title"), ({"role": "admin"}, "role"),
    ({"attachments": [{"filename": "a", "content": "***"}]}, "attachments.0.content"),
    ({"attachments": "a"}, "attachments"),
])  # fmt: skip
async def test_a_wrong_field_is_named_w11(site: Site, change, field: str):
    status, _, body = await send(site, await site.form_token(), {**POST, **change})

    assert (status, body["code"], list(body["errors"])) == (422, "invalid_fields", [field])
    assert not await Intake.exists()


async def test_complaints_speak_the_language_that_was_asked_for(site: Site):
    texts = []
    for language in ("pt-BR", "en"):
        body = (await send(site, await site.form_token(), {**POST, "message": ""},
                           headers={"Accept-Language": language}))[2]
        texts.append(body["errors"]["message"][0])

    assert texts == ["é obrigatório", "is required"]


async def test_another_kind_of_content_is_not_understood(site: Site):
    status, _, body = await send(site, await site.form_token(), data=b"a=b", headers={"Content-Type": "text/plain"})

    assert (status, body["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize("body", [
    b"[" * 100_000, b'{"message": NaN}', b'{"n": ' + b"9" * 400 + b"}", b'{"a": 1, "a": 2}',
    b'{"message": "\\ud800"}', b"[]", b"\xff\xfe", b"", b'{"n": 1e999}', b'{"a":' * 30 + b"1" + b"}" * 30,
], ids=["depth", "nan", "digits", "duplicate", "surrogate", "list", "bytes", "empty", "infinity", "deep"])  # fmt: skip
async def test_json_that_is_none_is_refused_f09(site: Site, body: bytes):
    status, _, answer = await send(
        site, await site.form_token(), data=body, headers={"Content-Type": "application/json"}
    )

    assert (status, answer["code"]) == (400, "bad_request")


async def test_more_than_the_limit_is_too_large(site: Site):
    headers, body = multipart(POST, [("attachments", "a.bin", "", b"\0" * 3_000_000)])

    for data in (io.BytesIO(body), _in_pieces(body)):
        status, _, answer = await send(site, await site.form_token(), data=data, headers=headers)
        assert (status, answer["code"]) == (413, "too_large")
    assert not list(site.counter.settings.data_dir.glob("blobs/**/*"))


async def _in_pieces(body: bytes):
    for start in range(0, len(body), 65_536):
        yield body[start : start + 65_536]


async def test_a_form_without_proof_is_held_until_its_address_answers(site: Site):
    token = await site.form_token(verified=False)

    status, _, body = await send(site, token, POST)

    assert status == 202 and list(body) == ["receipt"]
    held = await Held.get()
    assert held.reason == "address_not_confirmed" and not await Ticket.exists()
    asked = await Delivery.get()
    assert (asked.kind, asked.detail) == ("confirm_address", str(held.id))


async def test_an_address_is_asked_once_an_hour(site: Site):
    token = await site.form_token(verified=False)

    for number in range(3):
        await send(site, token, {**POST, "message": f"{number}"})

    assert await Held.all().count() == 3 and await Delivery.all().count() == 1


async def test_who_confirms_his_address_lets_all_that_waits_for_it_go(site: Site):
    token = await site.form_token(verified=False)
    for number in range(2):
        await send(site, token, {**POST, "title": f"Assunto {number}", "message": f"{number}"})
    path = await _confirmation_path(site)

    page = await _page(site, path)
    assert "Assunto 0" in page and "Assunto 1" in page and not await Ticket.exists()
    csrf = page.split('name="csrf_token" value="')[1].split('"')[0]
    async with site.client.post(site.url + path, data={"csrf_token": csrf}) as answer:
        assert answer.status == 200

    async with asyncio.timeout(10):
        while await Ticket.all().count() < 2:
            await asyncio.sleep(0.02)
    assert await Held.filter(state="held").count() == 0


async def test_confirming_without_the_page_changes_nothing(site: Site):
    await send(site, await site.form_token(verified=False), POST)

    async with site.client.post(site.url + await _confirmation_path(site), data={}) as answer:
        assert answer.status == 403
    async with site.client.get(site.url + "/confirm/" + "0" * 32 + ".abc") as answer:
        assert answer.status == 404
    assert await Held.filter(state="held").count() == 1


async def _confirmation_path(site: Site) -> str:
    held_id = (await Delivery.get(kind="confirm_address")).detail
    return f"/confirm/{held_id}.{site.counter.office.signing.mac('confirm', held_id)}"


async def _page(site: Site, path: str) -> str:
    async with site.client.get(site.url + path) as answer:
        assert answer.status == 200
        return await answer.text()


async def test_a_problem_tells_neither_stack_nor_version_nor_address_w23(site: Site):
    async with site.client.post(site.url + PATH, data=b"{") as answer:
        text = json.dumps(dict(answer.headers)) + await answer.text()

    for word in ("Traceback", "aiohttp", "Python/", "ana@"):
        assert word not in text


async def test_an_idempotency_key_of_any_octets_is_a_key(site: Site):
    token = await site.form_token()
    # This client sends the header in Latin-1, which is no UTF-8.
    send_it = partial(request, site.url, "POST", PATH, token=token, json_body=POST, headers={"Idempotency-Key": "é"})
    first = await asyncio.to_thread(send_it)

    assert first.status == 201
    assert (await asyncio.to_thread(send_it)).body == first.body


@pytest.mark.parametrize("files", [{}, "", 0, False])
async def test_attachments_that_are_no_list_are_named(site: Site, files: object):
    status, _, body = await send(site, await site.form_token(), POST | {"attachments": files})

    assert (status, list(body["errors"])) == (422, ["attachments"])
