"""Access tokens for XOAUTH2: fetched with the account's refresh token, and anew well before they end."""

import asyncio
import json
from datetime import date
from typing import Any
from urllib.parse import urlencode

import aiohttp
import structlog

from core import clock
from core.imap_accounts import ImapAccount, TokenSource
from gateway.channels.imap_trouble import ImapTrouble
from gateway.metrics import count_mailbox_alert

WARN_DAYS = 14

_TIMEOUT = aiohttp.ClientTimeout(total=30)
_MAX_ANSWER = 256 * 1024
_USUAL_SECONDS = 3600
_SHORTEST = 60.0
_AGAIN = 60.0
_DAY = 24 * 60 * 60.0

_log = structlog.get_logger(__name__)


class AccessTokens:
    """The token of one account. A refresh token that the server replaces is used from then on."""

    def __init__(self, account: ImapAccount, source: TokenSource) -> None:
        self._source = source
        self._refresh_token = account.password
        self._token = ""
        self._renew_at = 0.0
        self._lock = asyncio.Lock()

    async def current(self) -> str:
        """A token with at least half its time before it. Raises `ImapTrouble` of kind `token`."""
        async with self._lock:
            if not self._token or self._renew_at <= asyncio.get_running_loop().time():
                await self._renew()
            return self._token

    def forget(self) -> None:
        """The server would not take it: the next one is a new one."""
        self._token = ""

    async def keep_fresh(self) -> None:
        """Renew for ever, so that a secret that was withdrawn is noticed while the connection still lives."""
        while True:
            try:
                await self.current()
                pause = max(self._renew_at - asyncio.get_running_loop().time(), 1.0)
            except ImapTrouble:
                pause = _AGAIN
            await asyncio.sleep(pause)

    async def _renew(self) -> None:
        try:
            answer = await self._asked()
        except (aiohttp.ClientError, OSError, ValueError) as error:
            # Its text may hold the address with what stands in it.
            _log.error("token_not_renewed", error=type(error).__name__)
            answer = {}
        token, seconds = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(token, str) or not token:
            count_mailbox_alert("token")
            raise ImapTrouble("token")
        replaced = answer.get("refresh_token")
        if isinstance(replaced, str) and replaced:
            self._refresh_token = replaced
        lifetime = float(seconds) if isinstance(seconds, int) else _USUAL_SECONDS
        self._token = token
        self._renew_at = asyncio.get_running_loop().time() + max(lifetime / 2, _SHORTEST / 2)

    async def _asked(self) -> dict[str, Any]:
        source = self._source
        form = {"grant_type": "refresh_token", "refresh_token": self._refresh_token, "client_id": source.client_id}
        form |= {"client_secret": source.client_secret} if source.client_secret else {}
        form |= {"scope": source.scope} if source.scope else {}
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        async with aiohttp.ClientSession(timeout=_TIMEOUT) as session, session.post(
            source.url, data=urlencode(form), headers=headers, allow_redirects=False
        ) as response:
            body = json.loads(await response.content.read(_MAX_ANSWER))
            if response.status != 200:
                _log.error("token_refused", status=response.status)
                return {}
            return body if isinstance(body, dict) else {}


def days_left(account: ImapAccount, today: date) -> int | None:
    """Days until the account's secret ends; None where nobody said when."""
    return (account.expires - today).days if account.expires else None


async def watch_expiry(account: ImapAccount) -> None:
    """Say every day that a secret is about to end, from two weeks before."""
    while True:
        left = days_left(account, clock.now().date())
        if left is not None and left <= WARN_DAYS:
            _log.error("mailbox_secret_expires", host=account.host, days=left)
            count_mailbox_alert("secret_expires")
        await asyncio.sleep(_DAY)
