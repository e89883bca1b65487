"""The raw mail of an entry and the files of strangers, as the API hands them out."""

import hashlib
import os
import re
import shutil
from pathlib import Path

import pytest

from core import clock
from core.attachments import FileBlobs, StoredBlob, keep
from core.audit import AuditRow
from core.message import INLINE_LIMIT, Attachment, Blob
from core.people.tables import Agent
from core.tickets.tables import Entry, EntryAttachment
from tests.harness.house import House

RAW = b"From: Ana <ana@org-a.example>\r\nBcc: oculto@org-a.example\r\nSubject: x\r\n\r\nol\xe1\x00\xff\r\n"


@pytest.fixture
def migrated_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """Nothing here depends on the database, so one kind is enough."""
    return f"sqlite://{shutil.copy(migrated_sqlite, tmp_path / 'guiche.sqlite3')}"


def blob(content: bytes) -> Blob:
    return Blob(digest=hashlib.sha256(content).hexdigest(), size=len(content), content=content)


async def mailed(house: House, content: bytes = RAW) -> tuple[str, Entry]:
    """A ticket that came as this mail, and its entry."""
    ticket = await house.file(raw=await keep(house.office.blobs, content))
    return ticket.protocol, await Entry.get(ticket_id=ticket.id)


@pytest.mark.parametrize("size", [len(RAW), INLINE_LIMIT + 1, 2_000_000])
async def test_I16_the_raw_mail_comes_back_byte_for_byte(house: House, size: int) -> None:
    content = (RAW + os.urandom(size))[:size]
    protocol, entry = await mailed(house, content)
    headers = await house.agent("clara")

    shown = (await (await house.http.get(f"/api/v1/tickets/{protocol}", headers=headers)).json())["entries"][0]
    answer = await house.http.get(shown["raw"], headers=headers)
    body = await answer.read()

    assert (answer.status, answer.content_type) == (200, "message/rfc822")
    assert body == content
    assert shown["raw_sha256"] == hashlib.sha256(body).hexdigest()
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{entry.id}.eml"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


async def test_I13_who_looked_at_a_raw_mail_is_written_down_by_ids(house: House) -> None:
    _, entry = await mailed(house)
    for who in ("clara", "diego"):
        await house.http.get(f"/api/v1/entries/{entry.id}/raw", headers=await house.agent(who))

    [row] = await AuditRow.filter(action="raw_read")
    clara = await Agent.get(email="clara@instituicoes.example")
    assert (row.actor, row.object_id) == (f"agent:{clara.id}", f"entry:{entry.id}")


@pytest.mark.parametrize(
    ("who", "status"),
    [("clara", 200), ("lia", 200), ("dora", 200), ("root", 200), ("diego", 404), ("ana@org-a.example", 404),
     ("bruno@org-a.example", 404), ("carla@org-b.example", 404), ("", 401)],
)  # fmt: skip
async def test_I16_T22_only_agents_who_may_read_the_ticket_get_the_raw_mail(house: House, who: str, status: int) -> None:
    _, entry = await mailed(house)
    headers: dict[str, str] = {}
    if who:
        headers = await (house.customer(who) if "@" in who else house.agent(who))

    answer = await house.http.get(f"/api/v1/entries/{entry.id}/raw", headers=headers)

    assert answer.status == status
    if status != 200:
        assert b"oculto" not in await answer.read()


@pytest.mark.parametrize("entry_id", ["0", "x" * 400, "%00", "01a00000-0000-7000-8000-000000000000"])
async def test_T22_an_unknown_entry_is_the_same_404(house: House, entry_id: str) -> None:
    answer = await house.http.get(f"/api/v1/entries/{entry_id}/raw", headers=await house.agent("root"))

    assert (answer.status, (await answer.json())["code"]) == (404, "not_found")


async def test_I6_a_customer_is_told_of_no_raw_mail(house: House) -> None:
    protocol, _ = await mailed(house)
    headers = await house.customer("ana@org-a.example")

    shown = await (await house.http.get(f"/api/v1/tickets/{protocol}", headers=headers)).json()

    assert [(each["raw"], each["raw_sha256"]) for each in shown["entries"]] == [(None, None)]


async def test_an_entry_that_came_by_no_mail_has_none(house: House) -> None:
    ticket = await house.file(channel="form")
    entry = await Entry.get(ticket_id=ticket.id)
    headers = await house.agent("clara")

    shown = await (await house.http.get(f"/api/v1/tickets/{ticket.protocol}", headers=headers)).json()
    answer = await house.http.get(f"/api/v1/entries/{entry.id}/raw", headers=headers)

    assert (shown["entries"][0]["raw"], answer.status) == (None, 404)


async def test_a_store_that_is_behind_is_our_trouble_and_no_404(house: House) -> None:
    content = os.urandom(INLINE_LIMIT + 1)
    _, entry = await mailed(house, content)
    assert isinstance(house.office.blobs, FileBlobs)
    await house.office.blobs.forget(hashlib.sha256(content).hexdigest())

    answer = await house.http.get(f"/api/v1/entries/{entry.id}/raw", headers=await house.agent("clara"))

    assert (answer.status, (await answer.json())["code"]) == (503, "temporarily_unavailable")


@pytest.mark.parametrize(
    ("claimed", "content", "served"),
    [
        ("image/png", b"<html><script>alert(1)</script></html>", "application/octet-stream"),
        ("image/png", b"\x89PNG\r\n\x1a\n" + b"\x00" * 20, "image/png"),
        ("image/svg+xml", b"<svg onload='alert(1)'/>", "application/octet-stream"),
        ("text/html", b"<html>", "application/octet-stream"),
        ("text/xml", b"<?xml version='1.0'?><a/>", "application/octet-stream"),
        ("application/pdf", b"%PDF-1.7 /JS", "application/pdf"),
    ],
)
async def test_H02_H03_a_file_is_a_download_and_never_a_page(
    house: House, claimed: str, content: bytes, served: str
) -> None:
    # As a row older than the rule would stand there.
    ticket = await house.with_file(Attachment(filename="a.png", content_type=claimed, blob=blob(content)))
    file = await EntryAttachment.get(ticket_id=ticket.id)

    answer = await house.http.get(f"/api/v1/attachments/{file.id}", headers=await house.agent("clara"))

    assert (answer.status, answer.content_type, await answer.read()) == (200, served, content)
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


async def test_small_bytes_that_come_again_count_as_new(house: House) -> None:
    await mailed(house)
    digest = hashlib.sha256(RAW).hexdigest()
    await StoredBlob.filter(digest=digest).update(created_at=clock.now().replace(year=2020))
    await mailed(house)

    assert (await StoredBlob.get(digest=digest)).created_at.year > 2020


async def test_the_console_links_the_mail_as_it_was_received(house: House) -> None:
    protocol, entry = await mailed(house)
    login = await (await house.http.get("/login")).text()
    [token] = set(re.findall(r'name="csrf_token" value="([^"]+)"', login))
    form = {"email": "clara@instituicoes.example", "password": "demo-clara", "csrf_token": token}
    await house.http.post("/login", data=form)

    page = await (await house.http.get(f"/console/tickets/{protocol}")).text()
    raw = await house.http.get(f"/api/v1/entries/{entry.id}/raw")

    assert f'href="/api/v1/entries/{entry.id}/raw"' in page
    assert (raw.status, await raw.read()) == (200, RAW)
