"""The IMAP door: folders at other servers are read as mail comes in, by number and never by `Seen`."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import structlog

from core import clock
from core.errors import Misconfigured, Unavailable
from core.imap_accounts import ImapAccount
from gateway.channels.imap_expiry import sweep
from gateway.channels.imap_line import COMMAND_SECONDS
from gateway.channels.imap_reading import open_folder
from gateway.channels.imap_thread import RemoteBox, connected
from gateway.channels.imap_tokens import AccessTokens, watch_expiry
from gateway.channels.imap_tries import PAUSES, Tries
from gateway.channels.imap_trouble import ImapTrouble
from gateway.ingest.desk import Desk
from gateway.ingest.mailboxes import own_address
from gateway.metrics import count_mailbox_alert, mailbox_opened

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """How long everything takes, in seconds.

    IDLE is renewed after `idle`, long before the 29 minutes of RFC 2177; a folder without it is
    looked into every `poll`. A lost connection is taken up after `first_pause`, doubling up to
    `longest_pause`; a refused login waits `login_pause` at least, lest the account be locked.
    """

    idle: float = 9 * 60.0
    poll: float = 60.0
    command: float = COMMAND_SECONDS
    first_pause: float = 1.0
    longest_pause: float = 5 * 60.0
    login_pause: float = 60.0
    sweep: float = 60 * 60.0
    tries: Sequence[float] = PAUSES


async def fetch_mail(desk: Desk, pace: Pace | None = None) -> None:
    """Read every folder of `GUICHE_IMAP_URLS` until cancelled; raises `Misconfigured` at once or never."""
    accounts = desk.settings.imap_urls
    complaints = [
        f"GUICHE_IMAP_URLS: {each.mailbox} is no mailbox of the profile {desk.profile.name}"
        for each in accounts if own_address(each.mailbox, desk.profile) is None
    ]  # fmt: skip
    if complaints:
        raise Misconfigured(complaints)
    async with asyncio.TaskGroup() as group:
        for account in accounts:
            tokens = AccessTokens(account, account.tokens) if account.tokens else None
            if tokens is not None:
                group.create_task(tokens.keep_fresh())
            if account.expires is not None:
                group.create_task(watch_expiry(account))
            group.create_task(_Watch(account, desk, tokens, pace or Pace()).run())
        # With no folder to read there is nothing to do, and nothing to end for.
        await asyncio.Event().wait()


class _Watch:
    """One folder, whatever its server does."""

    def __init__(self, account: ImapAccount, desk: Desk, tokens: AccessTokens | None, pace: Pace) -> None:
        self._account = account
        self._desk = desk
        self._tokens = tokens
        self._pace = pace
        self._tries = Tries(pace.tries)
        self._pause = pace.first_pause

    async def run(self) -> None:
        while True:
            try:
                await self._read()
            except ImapTrouble as trouble:
                kind = trouble.kind
            except Unavailable:
                kind = "unavailable"
            if kind == "login" and self._tokens:
                self._tokens.forget()
            least = self._pace.login_pause if kind in ("login", "token") else 0.0
            pause = max(self._pause, least)
            self._pause = min(pause * 2, max(self._pace.longest_pause, least))
            _log.warning("mailbox_away", host=self._account.host, kind=kind, again_in=pause)
            count_mailbox_alert(kind)
            await asyncio.sleep(pause)

    async def _read(self) -> None:
        token = await self._tokens.current() if self._tokens else ""
        limit = self._desk.settings.max_message_bytes
        async with connected(self._account, token, limit, self._pace.command) as box:
            reader = await open_folder(box, self._account, self._desk, self._tries)
            swept_at = float("-inf")
            with _counted():
                while True:
                    await reader.catch_up()
                    self._pause = self._pace.first_pause
                    if asyncio.get_running_loop().time() - swept_at >= self._pace.sweep:
                        await sweep(box, self._account, clock.now())
                        swept_at = asyncio.get_running_loop().time()
                    await self._wait(box)

    async def _wait(self, box: RemoteBox) -> None:
        """Until there may be something to do: news, or a message whose turn comes again."""
        if box.has_idle:
            await box.idle(self._tries.next_in(self._pace.idle))
            return
        await asyncio.sleep(self._tries.next_in(self._pace.poll))
        await box.noop()


@contextmanager
def _counted() -> Iterator[None]:
    mailbox_opened(1)
    try:
        yield
    finally:
        mailbox_opened(-1)
