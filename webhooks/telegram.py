"""`POST /webhooks/telegram/{bot}`: updates of our bots, answered 200 once nothing can be lost."""

import hmac

import aiohttp
from aiohttp import web

from core import clock
from core.decision import Reason, Verdict
from core.errors import Refused
from core.ids import new_id
from core.message import Attachment, Speaker
from core.policy.standing import may_speak
from core.settings import TelegramBot
from gateway.channels.bot_api import BotApi
from gateway.channels.telegram import ChatArrival, ChatMessage, normalise, read_update
from gateway.ingest.receive import receive
from gateway.metrics import count_received
from webhooks.bot_texts import TOO_LARGE, answer_once_a_day
from webhooks.counter import Counter, counter_of
from webhooks.json_body import read_json
from webhooks.telegram_linking import is_start, link
from webhooks.uploads import attachment

routes = web.RouteTableDef()
CLIENT = web.AppKey("client", aiohttp.ClientSession)
MAX_UPDATE = 1024 * 1024
# Telegram hands bots no larger file.
MAX_FILE = 20 * 1024 * 1024


@routes.post("/webhooks/telegram/{bot}")
async def take_update(request: web.Request) -> web.Response:
    """Store what the update says. Telegram repeats whatever is not answered 200 (N08 to N14)."""
    counter = counter_of(request)
    bot = _bot(request, counter)
    message = read_update(await read_json(request, MAX_UPDATE), bot)
    if message is None:
        count_received("telegram", "ignored")
    elif not counter.desk.profile.is_official("telegram", clock.now()):
        count_received("telegram", Verdict.REFUSE, Reason.UNOFFICIAL_CHANNEL)
        await answer_once_a_day(message.key, Reason.UNOFFICIAL_CHANNEL, counter)
    elif is_start(message.text):
        await link(message, counter)
    else:
        await _take_message(message, bot, counter, request.app[CLIENT])
    return web.json_response({"ok": True})


def _bot(request: web.Request, counter: Counter) -> TelegramBot:
    bots = counter.settings.telegram_bots
    bot = next((each for each in bots if each.name == request.match_info["bot"]), None)
    if bot is None:
        raise Refused(Reason.NOT_FOUND)
    shown = request.headers.get("X-Telegram-Bot-Api-Secret-Token", "").encode("utf-8", "surrogateescape")
    if not hmac.compare_digest(shown, bot.secret.encode()):
        raise Refused(Reason.UNAUTHENTICATED)
    return bot


async def _take_message(
    message: ChatMessage, bot: TelegramBot, counter: Counter, client: aiohttp.ClientSession
) -> None:
    now = clock.now()
    speaker = (await counter.desk.directory.by_telegram(message.key, now)).speaker
    files, was_too_large = await _files(message, speaker, BotApi(client, counter.settings, bot))
    arrival = ChatArrival(new_id(), now, message, files, was_too_large)

    received = await receive(normalise(arrival, speaker, counter.desk), counter.desk)

    if received.decision.verdict is Verdict.REFUSE:
        await answer_once_a_day(message.key, received.decision.reason or Reason.NOT_AUTHORIZED, counter)
    elif was_too_large:
        await answer_once_a_day(message.key, TOO_LARGE, counter)


async def _files(message: ChatMessage, speaker: Speaker, api: BotApi) -> tuple[tuple[Attachment, ...], bool]:
    """The file, and whether there was one too large to keep. Nothing is fetched for a stranger."""
    file = message.file
    if file is None or not may_speak(speaker):
        return (), False
    limit = min(MAX_FILE, api.settings.max_message_bytes)
    content = None if file.size > limit else await api.download(file.file_id, limit)
    if content is None:
        return (), True
    return (attachment(file.filename, file.content_type, content),), False
