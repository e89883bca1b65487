"""`/start CODE`: a one-time code binds a chat to a person (N13)."""

from datetime import timedelta

from core import clock
from core.database import telling_away
from core.decision import Reason
from core.idempotency import first_time
from core.message import SpeakerKind
from core.people import link_codes
from core.tickets.chat_texts import LINK_REFUSED, LINKED
from gateway.channels.telegram import ChatMessage
from webhooks.bot_texts import answer_once, answer_once_a_day
from webhooks.counter import Counter

TRIES = 5
PERIOD = timedelta(minutes=10)


def is_start(text: str) -> bool:
    """Whether the text is the bot's `/start` command, with or without a code."""
    return text.split(maxsplit=1)[:1] == ["/start"]


async def link(message: ChatMessage, counter: Counter) -> None:
    """Try the code; the chat hears the outcome. Raises `Unavailable`."""
    code = message.text.removeprefix("/start").strip()
    directory = counter.desk.directory
    now = clock.now()
    is_linked = (await directory.by_telegram(message.key, now)).speaker.kind is not SpeakerKind.UNKNOWN
    if not code and not is_linked:
        await answer_once_a_day(message.key, Reason.CHANNEL_NOT_LINKED, counter)
        return
    async with telling_away():
        if code and await _may_try(message.key, counter):
            is_linked = await link_codes.redeem(code, message.key, now) or is_linked
            directory.forget()
    # The same update again finds the code used and the chat linked: the same answer.
    outcome = LINKED if is_linked else LINK_REFUSED
    await answer_once(message.key, outcome, str(message.update_id), counter)


async def _may_try(chat: str, counter: Counter) -> bool:
    """Whether one of the chat's tries in this period is left; it is taken before the code is looked at."""
    now, name = clock.now(), counter.desk.signing.pseudonym(chat)
    for number in range(TRIES):
        if await first_time(f"link-try:{name}:{number}", now, now + PERIOD):
            return True
    return False
