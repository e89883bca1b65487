"""What holds for every route: Host, headers, deadlines, and how the unreadable is answered."""

import asyncio
import gzip
import io
import logging

import pytest
from structlog.testing import capture_logs

from tests.web.conftest import Site


async def talk(site: Site, raw: bytes, *, wait: float = 10) -> bytes:
    """Whatever comes back to exactly these bytes until the connection ends."""
    reader, writer = await asyncio.open_connection(*site.address)
    writer.write(raw)
    try:
        return await asyncio.wait_for(reader.read(), wait)
    finally:
        writer.close()


def own(site: Site) -> bytes:
    return "{}:{}".format(*site.address).encode()


@pytest.mark.parametrize("host", [
    b"evil.test", b"evil.test:8080", b"127.0.0.1:1", b"localhost", b"user@127.0.0.1", b"127.0.0.1:port", b"",
], ids=str)  # fmt: skip
async def test_a_name_that_is_not_ours_is_refused_w01(site: Site, host: bytes):
    answer = await talk(site, b"GET /login HTTP/1.1\r\nHost: " + host + b"\r\nConnection: close\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 400") and b'"bad_request"' in answer
    assert b"evil" not in answer


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "[::1]"])
async def test_this_machines_own_names_are_ours(site: Site, name: str):
    host = f"{name}:{site.address[1]}".encode()

    answer = await talk(site, b"GET /healthz HTTP/1.1\r\nHost: " + host + b"\r\nConnection: close\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("head", [
    b"GET http://evil.test/login HTTP/1.1\r\nHost: {own}\r\n",
    b"GET /login HTTP/1.1\r\nHost: {own}\r\nHost: evil.test\r\n",
    b"GET /login HTTP/1.1\r\n",
    b"POST /login HTTP/1.1\r\nHost: {own}\r\nContent-Length: +5\r\n",
    b"POST /login HTTP/1.1\r\nHost: {own}\r\nContent-Length: -5\r\n",
    b"POST /login HTTP/1.1\r\nHost: {own}\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n",
    b"GET /login HTTP/1.1\r\nHost: {own}\r\nX: " + b"y" * 100_000 + b"\r\n",
    b"no http at all\r\n",
], ids=["absolute", "two hosts", "no host", "plus", "minus", "both lengths", "long header", "nonsense"])  # fmt: skip
async def test_a_request_that_can_be_read_in_two_ways_is_refused_f01_f03(site: Site, head: bytes):
    answer = await talk(site, head.replace(b"{own}", own(site)) + b"Connection: close\r\n\r\n")

    assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.0 400", b"HTTP/1.1 431"))
    assert b"application/problem+json" in answer and b"Server: guiche" in answer
    assert b"aiohttp" not in answer and b"Traceback" not in answer


@pytest.mark.parametrize(("method", "path", "status"), [
    ("GET", "/login", 200), ("GET", "/nowhere", 404), ("GET", "/webhooks/phone", 405), ("GET", "/healthz", 200),
    ("POST", "/webhooks/phone", 401), ("GET", "/static/guiche.css", 200), ("GET", "/static/../app.py", 404),
    ("GET", "/static/%2e%2e/app.py", 404), ("GET", "/metrics", 200), ("GET", "/api/v1/tickets", 401),
    ("DELETE", "/api/v1/tickets", 405), ("GET", "/static/", 404),
])  # fmt: skip
async def test_every_answer_says_how_it_may_be_used_w17_w18_w23(site: Site, method: str, path: str, status: int):
    request = f"{method} {path} HTTP/1.1\r\nHost: ".encode() + own(site) + b"\r\nConnection: close\r\n\r\n"

    head, _, body = (await talk(site, request)).decode().partition("\r\n\r\n")

    headers = {line.partition(": ")[0].lower(): line.partition(": ")[2] for line in head.splitlines()[1:]}
    assert int(head.split(" ")[1]) == status
    assert headers["server"] == "guiche" and headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    if not path.startswith("/static/guiche"):
        assert "no-store" in headers["cache-control"]
    if status >= 400:
        assert headers["content-type"].startswith("application/problem+json")
    for word in ("aiohttp", "Python/", "Traceback"):
        assert word not in head + body


async def test_a_method_that_is_not_allowed_names_those_that_are(site: Site):
    async with site.client.get(site.url + "/webhooks/phone") as answer:
        assert answer.status == 405 and "POST" in answer.headers["Allow"]
        assert (await answer.json(content_type=None))["code"] == "method_not_allowed"


async def test_a_packed_body_is_never_inflated_f02(site: Site):
    bomb = gzip.compress(b"\0" * 50_000_000)

    async with site.client.post(
        site.url + "/webhooks/forms/contato", data=io.BytesIO(bomb),
        headers={"Content-Encoding": "gzip", "Content-Type": "application/json"},
    ) as answer:
        assert answer.status == 400


async def test_a_body_that_stops_closes_the_connection_f06(site: Site):
    token = await site.form_token()
    head = b"POST /webhooks/forms/contato HTTP/1.1\r\nHost: " + own(site) + b"\r\nContent-Length: 1000\r\n"
    head += b"Content-Type: application/json\r\nAuthorization: Bearer " + token.encode() + b"\r\n\r\n{"

    # The site's patience is short; without it this would wait for the test's own.
    try:
        answer = await talk(site, head)
    except ConnectionResetError:
        answer = b""

    assert b"201" not in answer


async def test_a_body_that_drips_for_ever_closes_the_connection_f06(site: Site):
    token = await site.form_token()
    _, writer = await asyncio.open_connection(*site.address)
    head = b"POST /webhooks/forms/contato HTTP/1.1\r\nHost: " + own(site) + b"\r\nContent-Length: 100000\r\n"
    writer.write(head + b"Content-Type: application/json\r\nAuthorization: Bearer " + token.encode() + b"\r\n\r\n{")

    with pytest.raises(ConnectionError):
        for _ in range(200):
            await asyncio.sleep(0.05)
            writer.write(b" ")
            await writer.drain()
    writer.close()


async def test_a_dropped_upload_is_no_error_of_ours_m18(site: Site, caplog: pytest.LogCaptureFixture):
    token = await site.form_token()
    _, writer = await asyncio.open_connection(*site.address)
    head = b"POST /webhooks/forms/contato HTTP/1.1\r\nHost: " + own(site) + b"\r\nContent-Length: 1000\r\n"
    with capture_logs() as lines, caplog.at_level(logging.WARNING):
        writer.write(head + b"Content-Type: application/json\r\nAuthorization: Bearer " + token.encode())
        writer.write(b"\r\n\r\n{")
        await writer.drain()
        await asyncio.sleep(0.1)
        writer.transport.abort()
        async with asyncio.timeout(5):
            while not lines:
                await asyncio.sleep(0.02)

    assert [line["event"] for line in lines] == ["client_went_away"]
    assert not caplog.records


async def test_a_mistake_of_ours_is_a_503_without_a_word_about_it(site: Site, monkeypatch: pytest.MonkeyPatch):
    async def fail(*_: object) -> None:
        raise RuntimeError("password=hunter2 ana@org-a.example")

    monkeypatch.setattr("webhooks.forms.receive", fail)
    token = await site.form_token()
    with capture_logs() as lines:
        async with site.client.post(
            site.url + "/webhooks/forms/contato", headers={"Authorization": f"Bearer {token}"},
            json={"email": "ana@org-a.example", "message": "Olá"},
        ) as answer:
            text = await answer.text()

    assert answer.status == 503 and int(answer.headers["Retry-After"]) > 0
    assert "temporarily_unavailable" in text and "hunter2" not in text
    assert [(line["event"], line["error"]) for line in lines] == [("request_failed", "RuntimeError")]
    assert "hunter2" not in str(lines) and "ana@" not in str(lines)


async def test_hundreds_of_slow_bodies_leave_the_counter_awake_f06(site: Site):
    head = b"POST /webhooks/forms/contato HTTP/1.1\r\nHost: " + own(site) + b"\r\nContent-Length: 1000\r\n\r\n{"
    slow = [await asyncio.open_connection(*site.address) for _ in range(200)]
    for _, writer in slow:
        writer.write(head)

    async with site.client.get(site.url + "/healthz") as answer:
        assert answer.status == 200
    for _, writer in slow:
        writer.close()
