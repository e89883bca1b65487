"""The few calls of Telegram's Bot API we need, over plain aiohttp."""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import aiohttp
from yarl import URL

from core.errors import Unavailable
from core.settings import Settings, TelegramBot
from gateway.channels.failure import SendFailed

_CALL = aiohttp.ClientTimeout(total=30)
_DOWNLOAD = aiohttp.ClientTimeout(total=120, sock_read=30)
_MAX_ANSWER = 1024 * 1024
_MAX_REASON = 100
_MAX_WAIT_SECONDS = 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class BotApi:
    """One bot's side of the Bot API. The token never appears in an exception or a log."""

    session: aiohttp.ClientSession
    settings: Settings
    bot: TelegramBot

    async def call(self, method: str, **parameters: object) -> Any:
        """The `result` of a method; raises `SendFailed` for everything else."""
        url = f"{self._base()}/bot{self.bot.token}/{method}"
        try:
            async with self.session.post(
                url, json=parameters, timeout=_CALL, allow_redirects=False
            ) as response:
                answer = _parsed(await response.content.read(_MAX_ANSWER))
                if response.status == 200 and answer.get("ok") is True:
                    return answer.get("result")
                raise _failure(response.status, answer)
        except (aiohttp.ClientError, OSError) as error:
            # `from None`: the error's text holds the address, and that the token.
            raise SendFailed(f"Telegram does not answer ({type(error).__name__})") from None

    async def download(self, file_id: str, limit: int) -> bytes | None:
        """The file's bytes; None when it is over `limit` or Telegram will never give it (L12, N15).

        Raises `Unavailable` when a later try may succeed.
        """
        try:
            file = await self.call("getFile", file_id=file_id)
        except SendFailed as failed:
            if failed.permanent:
                return None
            raise Unavailable("Telegram does not hand out the file") from None
        path = file.get("file_path") if isinstance(file, dict) else None
        if not isinstance(path, str) or _size(file) > limit:
            return None
        return await self._fetch(path, limit)

    async def _fetch(self, path: str, limit: int) -> bytes | None:
        # The path means something to Telegram alone: quoted, and not tidied up on the way.
        url = URL(f"{self._base()}/file/bot{self.bot.token}/{quote(path, safe='/')}", encoded=True)
        content = bytearray()
        try:
            async with self.session.get(url, timeout=_DOWNLOAD, allow_redirects=False) as response:
                if response.status in (400, 403, 404):
                    return None
                if response.status != 200:
                    raise Unavailable("Telegram does not hand out the file")
                async for chunk in response.content.iter_any():
                    content += chunk
                    if len(content) > limit:
                        return None
        except (aiohttp.ClientError, OSError):
            raise Unavailable("Telegram does not hand out the file") from None
        return bytes(content)

    def _base(self) -> str:
        return self.settings.telegram_api_url.rstrip("/")


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _failure(status: int, answer: dict[str, Any]) -> SendFailed:
    parameters = answer.get("parameters")
    wait = parameters.get("retry_after") if isinstance(parameters, dict) else None
    retry_after = None
    if isinstance(wait, int) and wait >= 0:
        retry_after = timedelta(seconds=min(wait, _MAX_WAIT_SECONDS))
    description = str(answer.get("description") or "no description")[:_MAX_REASON]
    # 401 and 404 mean a wrong token of ours, which somebody will mend.
    is_permanent = status in (400, 403)
    return SendFailed(f"Telegram answered {status}: {description}", permanent=is_permanent, retry_after=retry_after)


def _size(file: dict[str, Any]) -> int:
    size = file.get("file_size")
    return size if isinstance(size, int) else 0
