"""Logging in: encrypted or on this machine, by password or by tokens that are renewed in time, and told when not."""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from aiohttp import web

from core import clock
from core.imap_accounts import parse_imap_urls
from gateway.channels.imap_thread import connected
from gateway.channels.imap_tokens import AccessTokens
from gateway.channels.imap_trouble import ImapTrouble
from gateway.channels.imap_visit import visit
from gateway.diagnosis import _finding, _mailboxes
from tests.fakes.imap import fake_imap
from tests.imap.conftest import DESK, PROVIDER, Reader, letter, until
from tests.imap.test_reading import alerts
from tests.services import dovecot as dovecot_service
from tests.services.dovecot import Dovecot


@dataclass
class TokenServer:
    """Hands out tokens for the right refresh token; each answer may bring another one."""

    url: str = ""
    refresh_token: str = "primeiro"
    lifetime: int = 3600
    is_down: bool = False
    asked: list[dict[str, str]] = field(default_factory=list)
    made: int = 0

    async def answer(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.asked.append(form)
        if self.is_down or form["refresh_token"] != self.refresh_token:
            return web.json_response({"error": "invalid_grant"}, status=400)
        self.made += 1
        self.refresh_token = f"rt{self.made}"
        return web.json_response(
            {"access_token": f"at{self.made}", "expires_in": self.lifetime, "refresh_token": self.refresh_token}
        )


@asynccontextmanager
async def token_server() -> AsyncIterator[TokenServer]:
    served = TokenServer()
    app = web.Application()
    app.router.add_post("/token", served.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    served.url = f"http://127.0.0.1:{runner.addresses[0][1]}/token"
    try:
        yield served
    finally:
        await runner.cleanup()


def oauth(server: TokenServer) -> dict[str, str]:
    return {"auth": "xoauth2", "token_url": server.url, "client_id": "guiche", "client_secret": "s"}


async def test_an_access_token_opens_the_mailbox_and_a_replaced_refresh_token_is_kept(reader: Reader) -> None:
    async with token_server() as tokens, fake_imap(mails={1: letter("por token")}, token="at1") as server:
        url = server.url(DESK, user="caixa", password="primeiro", authserv_id=PROVIDER, **oauth(tokens))
        async with reader.reading(url):
            await until(lambda: server.moved.get("Processed"))
            assert tokens.asked == [
                {"grant_type": "refresh_token", "refresh_token": "primeiro", "client_id": "guiche", "client_secret": "s"}
            ]

        assert reader.titles == ["por token"]
        assert not server.heard("PLAIN")


async def test_a_token_is_renewed_at_half_its_time_with_the_newest_refresh_token() -> None:
    async with token_server() as tokens:
        [account] = parse_imap_urls(
            f"imap://u:primeiro@127.0.0.1:1/?mailbox={DESK}&auth=xoauth2&token_url={tokens.url}&client_id=c"
        )
        assert account.tokens is not None
        kept = AccessTokens(account, account.tokens)
        assert [await kept.current(), await kept.current()] == ["at1", "at1"]
        renews_in = kept._renew_at - asyncio.get_running_loop().time()
        assert renews_in <= tokens.lifetime / 2
        kept._renew_at = 0.0

        assert await kept.current() == "at2"
        assert [each["refresh_token"] for each in tokens.asked] == ["primeiro", "rt1"]


async def test_a_token_the_server_refuses_is_replaced_and_a_withdrawn_secret_is_an_alert(reader: Reader) -> None:
    before = alerts("token"), alerts("login")
    async with token_server() as tokens, fake_imap(token="at2") as server:
        url = server.url(DESK, password="primeiro", **oauth(tokens))
        async with reader.reading(url):
            await until(lambda: server.heard("IDLE"))
            assert tokens.made == 2 and alerts("login") > before[1]
            tokens.is_down, server.token = True, "none"
        async with reader.reading(url):
            await until(lambda: alerts("token") > before[0])


@pytest.mark.parametrize("reply", [b"<html>", b"[]", b'{"access_token": 5}', b""])
async def test_whatever_else_answers_where_tokens_should_be_is_no_token(reply: bytes) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=reply)

    app = web.Application()
    app.router.add_post("/", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
        [account] = parse_imap_urls(f"imap://u:p@h/?mailbox={DESK}&auth=xoauth2&token_url={url}&client_id=c")
        assert account.tokens is not None
        with pytest.raises(ImapTrouble, match="token"):
            await AccessTokens(account, account.tokens).current()
    finally:
        await runner.cleanup()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate of 127.0.0.1 that signed itself, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-keyout", folder / "key.pem", "-out", folder / "cert.pem", "-days", "2", "-subj", "/CN=127.0.0.1",
         "-addext", "subjectAltName=IP:127.0.0.1"],
        check=True, capture_output=True,
    )  # fmt: skip
    return folder / "cert.pem", folder / "key.pem"


@pytest.fixture(scope="module")
def tls_dovecot(certificate: tuple[Path, Path]) -> Iterator[Dovecot]:
    with dovecot_service.server(certificate=certificate) as server:
        yield server


@pytest.mark.services
async def test_a_certificate_is_checked_and_a_named_authority_is_believed(
    reader: Reader, tls_dovecot: Dovecot, certificate: tuple[Path, Path]
) -> None:
    user = tls_dovecot.new_user()
    tls_dovecot.put(user, letter("cifrada"))
    url = tls_dovecot.url(user, DESK, port=tls_dovecot.tls_port, authserv_id=PROVIDER).replace("imap://", "imaps://")

    with pytest.raises(ImapTrouble, match="connection"):
        async with connected(parse_imap_urls(url)[0], "", 1000):
            pass
    async with reader.reading(f"{url}&ca={certificate[0]}"):
        await until(lambda: tls_dovecot.mails(user, "Processed"))

    assert reader.titles == ["cifrada"]


@pytest.mark.services
async def test_beyond_this_machine_nothing_is_said_before_starttls(
    tls_dovecot: Dovecot, certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.imap_accounts.is_loopback", lambda _: False)
    user = tls_dovecot.new_user()
    url = f"{tls_dovecot.url(user, DESK)}&ca={certificate[0]}"
    async with connected(parse_imap_urls(url)[0], "", 1000) as box:
        assert (await box.select()).uid_next == 1


@pytest.mark.parametrize(
    ("greeting", "goes_on"),
    [
        (b"* OK hi\r\n", True),
        (b"* PREAUTH hi\r\n", False),
        (b"* OK hi\r\n* CAPABILITY x\r\nt OK begin\r\n* OK injected\r\n", False),
        (b"* OK hi\r\nt NO not here\r\n", False),
    ],
)
async def test_whoever_stands_in_between_cannot_speak_before_starttls(
    greeting: bytes, goes_on: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if the handshake had succeeded: what was said before it must stop us by itself."""
    monkeypatch.setattr("core.imap_accounts.is_loopback", lambda _: False)
    monkeypatch.setattr("gateway.channels.imap_line._Bounded._encrypt", lambda _: None)
    async with fake_imap(greeting=greeting) as server:
        with suppress(ImapTrouble):
            async with connected(parse_imap_urls(server.url(DESK))[0], "", 1000, seconds=2):
                pass

    assert bool(server.heard("AUTHENTICATE")) is goes_on


async def test_a_wrong_password_is_a_refused_login(dovecot: Dovecot, user: str) -> None:
    url = dovecot.url(user, DESK).replace("segredo", "errado")

    with pytest.raises(ImapTrouble, match="login"):
        async with connected(parse_imap_urls(url)[0], "", 1000):
            pass


async def test_the_doctor_tells_of_each_mailbox_what_is_wrong_and_of_none_its_user(
    reader: Reader, dovecot: Dovecot, user: str
) -> None:
    today = clock.now().date()
    good, soon = dovecot.url(user, DESK), dovecot.url(dovecot.new_user(), DESK, expires=str(today + timedelta(days=5)))
    wrong, missing = good.replace("segredo", "errado").replace("INBOX", "A"), dovecot.url(user, DESK, "Nada")
    away = "imap://u:p@127.0.0.1:1/INBOX?mailbox=" + DESK

    settings = reader.desk_with(good, soon, wrong, missing, away).settings
    complaints = await visit(settings, today)

    here = f"127.0.0.1, for {DESK}:"
    assert complaints == [
        f"{here} the secret ends in 5 days", f"{here} the server refuses the login",
        f"{here} the folder cannot be opened for reading and writing", f"{here} does not answer",
    ]
    found = await _finding("mailboxes", _mailboxes, replace(settings, imap_urls=settings.imap_urls[:2]))
    assert not found.is_well and "5 days" in found.detail


async def test_a_secret_that_is_about_to_end_is_an_alert_every_day(reader: Reader, dovecot: Dovecot, user: str) -> None:
    before = alerts("secret_expires")
    late = dovecot.url(user, DESK, expires="2020-01-01")
    far = dovecot.url(dovecot.new_user(), DESK, expires=str(date(2999, 1, 1)))
    async with reader.reading(late, far):
        await until(lambda: alerts("secret_expires") > before)

    assert alerts("secret_expires") == before + 1
