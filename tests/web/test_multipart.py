"""The traps of multipart bodies: SECURITY.md F03 to F05, each as bytes on the wire."""

import asyncio

import pytest

from core.tickets.tables import EntryAttachment, Intake
from tests.web.conftest import Site

START = b"POST /webhooks/forms/contato HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n"
PARTS = (
    b'--B\r\nContent-Disposition: form-data; name="email"\r\n\r\nana@org-a.example\r\n'
    b'--B\r\nContent-Disposition: form-data; name="message"\r\n\r\nOl\xc3\xa1\r\n'
)
END = b"--B--\r\n"


async def post(site: Site, body: bytes, content_type: bytes = b"multipart/form-data; boundary=B", length=None):
    """Status and body of the answer to exactly these bytes; the end of the sender follows them."""
    host, port = site.address
    token = await site.form_token()
    reader, writer = await asyncio.open_connection(host, port)
    head = START.replace(b"{host}", f"{host}:{port}".encode())
    head += b"Authorization: Bearer " + token.encode() + b"\r\nContent-Type: " + content_type
    head += b"\r\nContent-Length: " + str(len(body) if length is None else length).encode() + b"\r\n\r\n"
    writer.write(head + body)
    answer = await asyncio.wait_for(reader.read(), 20)
    writer.close()
    return (int(answer.split(b" ", 2)[1]) if answer else 0), answer


def part(disposition: bytes, content: bytes = b"x", more: bytes = b"") -> bytes:
    return b"--B\r\nContent-Disposition: " + disposition + b"\r\n" + more + b"\r\n" + content + b"\r\n"


async def test_a_whole_form_is_filed(site: Site):
    assert (await post(site, PARTS + END))[0] == 201


@pytest.mark.parametrize(("body", "status"), [
    (PARTS, 400),
    (PARTS + b"--B", 400),
    (b"", 400),
    (b"\r\n" * 500_000 + PARTS + END, 400),
    (b"x" * 100_000 + PARTS + END, 400),
    (PARTS + END + b"\r\n" * 500_000, 400),
    (part(b'form-data; name="a"', more=b"X-Long: " + b"y" * 10_000 + b"\r\n") + END, 400),
    (part(b'form-data; name="a"', more=b"X-Many: y\r\n" * 10_000) + END, 400),
    (part(b'form-data; name="a"; name="b"') + END, 400),
    (part(b'attachment; name="a"') + END, 400),
    (part(b"form-data") + END, 400),
    (b"--B\r\n\r\nno header\r\n" + END, 400),
    (PARTS + part(b'form-data; name="email"', b"carla@org-b.example") + END, 400),
    (PARTS + part(b'form-data; name="title"', b"\xff\xfe") + END, 400),
    (PARTS + b"".join(part(b'form-data; name="f%d"' % n) for n in range(1_001)) + END, 413),
    (PARTS + part(b'form-data; name="attachments"; filename="a"') * 200 + END, 413),
    (PARTS + part(b'form-data; name="title"', b"x" * 1_100_000) + END, 413),
    (PARTS + part(b'form-data; name="other"; filename="a"') + END, 422),
], ids=["no end", "cut boundary", "empty", "newlines before", "preamble", "epilogue", "long header",
        "10 000 headers", "two names", "not form-data", "no name", "no headers", "field twice", "not utf-8",
        "1 001 fields", "200 files", "long field", "file under another name"])  # fmt: skip
async def test_a_body_that_is_no_form_is_refused_f03_f04_f05(site: Site, body: bytes, status: int):
    answer = await post(site, body)

    assert answer[0] == status and b"application/problem+json" in answer[1]
    assert not await Intake.exists()


@pytest.mark.parametrize("content_type", [
    b"multipart/form-data", b"multipart/form-data; boundary=", b"multipart/form-data; boundary=" + b"B" * 300,
    b'multipart/form-data; boundary="B', b"multipart/form-data; boundary=B; boundary=C",
    b"multipart/form-data; boundary=" + b"\\" * 60 + b'"',
], ids=["none", "empty", "long", "open quote", "two", "backslashes"])  # fmt: skip
async def test_a_boundary_that_is_none_is_refused_f04(site: Site, content_type: bytes):
    assert (await post(site, PARTS + END, content_type))[0] == 400


async def test_the_extended_file_name_is_not_believed(site: Site):
    smuggled = part(b"form-data; name=\"attachments\"; filename=\"a.txt\"; filename*=UTF-8''evil.exe")

    status, _ = await post(site, PARTS + smuggled + END)

    assert status == 201 and (await EntryAttachment.get()).filename == "a.txt"


async def test_a_part_with_the_extended_file_name_alone_is_a_plain_field(site: Site):
    smuggled = part(b"form-data; name=\"attachments\"; filename*=UTF-8''evil.exe")

    assert (await post(site, PARTS + smuggled + END))[0] == 422


async def test_a_boundary_cut_between_packets_is_still_one(site: Site):
    host, port = site.address
    token = await site.form_token()
    body = PARTS + part(b'form-data; name="attachments"; filename="a.bin"', b"\r\n--B-not yet\r\n-" * 50) + END

    async def drops():
        for byte in body:
            yield bytes([byte])

    headers = {"Authorization": f"Bearer {token}", "Content-Type": "multipart/form-data; boundary=B"}
    async with site.client.post(f"http://{host}:{port}/webhooks/forms/contato", data=drops(), headers=headers) as got:
        assert got.status == 201
    assert (await EntryAttachment.get()).size == 16 * 50


async def test_a_body_shorter_than_it_claims_files_nothing(site: Site):
    host, port = site.address
    token = await site.form_token()
    _, writer = await asyncio.open_connection(host, port)
    head = START.replace(b"{host}", f"{host}:{port}".encode())
    head += b"Content-Type: multipart/form-data; boundary=B\r\nAuthorization: Bearer " + token.encode()
    writer.write(head + b"\r\nContent-Length: 100000\r\n\r\n" + PARTS + END)
    await writer.drain()
    writer.close()
    await writer.wait_closed()

    await asyncio.sleep(0.2)
    assert not await Intake.exists()
