"""Texts out to Telegram chats, each by the bot the chat belongs to."""

import aiohttp

from core.settings import Settings
from core.tickets.chat_texts import write_chat_text
from core.tickets.letters import Facts, PostOffice
from gateway.channels.failure import SendFailed
from gateway.channels.telegram import send


class TelegramOut:
    """The desk's way out by its bots."""

    def __init__(self, settings: Settings, post: PostOffice) -> None:
        self._settings = settings
        self._post = post
        self._bots = {bot.name: bot for bot in settings.telegram_bots}
        self._session: aiohttp.ClientSession | None = None

    async def send(self, facts: Facts) -> None:
        """Return once Telegram took it; raises `SendFailed`. `facts.address` is `bot:chat`."""
        name, _, chat = facts.address.partition(":")
        bot = self._bots.get(name)
        if bot is None:
            raise SendFailed("no such bot is configured")
        text = write_chat_text(facts, self._post)
        if self._session is None:
            self._session = aiohttp.ClientSession()
        await send(self._session, self._settings, bot, int(chat), text)

    async def close(self) -> None:
        """Let go of the connections."""
        if self._session is not None:
            await self._session.close()
