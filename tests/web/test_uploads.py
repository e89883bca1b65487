"""Files that strangers upload: what they are called, what they call themselves, and how many there may be."""

import base64
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.tickets.tables import EntryAttachment
from tests.web.conftest import Site
from tests.web.test_forms import POST, multipart, send

NAMES = [
    ("../../etc/passwd", "passwd"),
    ("C:\\Users\\ana\\conta.pdf", "conta.pdf"),
    ("a\x00b.pdf", "ab.pdf"),
    ("fatura\u202efdp.exe", "faturafdp.exe"),
    (".htaccess", "htaccess"),
    ("\u200b.htaccess", "htaccess"),
    ("\ufeffconta\u200b.pdf", "conta.pdf"),
    ("x" * 5_000 + ".pdf", "x" * 146 + ".pdf"),
    ("a\r\nSet-Cookie: x=1.txt", "aSet-Cookie_ x=1.txt"),
    ("  ", "attachment.txt"),
    ("..", "attachment.txt"),
    ("relatório 3º ano.txt", "relatório 3º ano.txt"),
]


@pytest.mark.parametrize(("name", "shown"), NAMES, ids=range(len(NAMES)))
async def test_P12_O09_an_uploaded_files_name_is_a_name_and_never_a_path(site: Site, name: str, shown: str) -> None:
    file = {"filename": name, "content_type": "text/plain", "content": base64.b64encode(b"x").decode()}

    status, _, answer = await send(site, await site.form_token(), {**POST, "attachments": [file]})

    assert status == 201, answer
    assert (await EntryAttachment.get()).filename == shown


@pytest.mark.parametrize(
    ("claimed", "content", "kept"),
    [
        ("image/png", b"<html><script>alert(1)</script>", "application/octet-stream"),
        ("text/html", b"<html>", "application/octet-stream"),
        ("image/png\r\nSet-Cookie: x=1", b"\x89PNG\r\n\x1a\n", "application/octet-stream"),
        ("x" * 500, b"\x89PNG\r\n\x1a\n", "application/octet-stream"),
        ("application/pdf; name=a.pdf", b"%PDF-1.7", "application/pdf"),
        ("", b"%PDF-1.7", "application/pdf"),
        ("text/plain", b"ol\xc3\xa1", "text/plain"),
    ],
)
async def test_H03_O09_an_uploaded_file_is_what_its_bytes_say(
    site: Site, claimed: str, content: bytes, kept: str
) -> None:
    file = {"filename": "a", "content_type": claimed, "content": base64.b64encode(content).decode()}

    status, _, answer = await send(site, await site.form_token(), {**POST, "attachments": [file]})

    assert status == 201, answer
    assert (await EntryAttachment.get()).content_type == kept


async def test_L12_two_hundred_megabytes_are_refused_early_and_leave_nothing(site: Site) -> None:
    headers, body = multipart(POST, [("attachments", "a.bin", "", b"")])
    at = body.rindex(b"\r\n--")
    given = 0

    async def pieces() -> AsyncIterator[bytes]:
        nonlocal given
        yield body[:at]
        for _ in range(200):
            given += 1
            yield b"\x00" * 1_000_000
        yield body[at:]

    status, _, answer = await send(site, await site.form_token(), data=pieces(), headers=headers)

    assert (status, answer["code"]) == (413, "too_large")
    assert given < 100, "the rest was not read"
    assert [each for each in Path(site.counter.settings.data_dir).rglob("*blobs*/**/*") if each.is_file()] == []
    assert await EntryAttachment.all().count() == 0
