from collections.abc import Iterator
from datetime import timedelta

import aiohttp
import pytest

from core.settings import Settings, TelegramBot
from gateway.channels.failure import SendFailed
from gateway.channels.telegram import send
from tests.fakes.telegram import FakeTelegram, fake_telegram

BOT = TelegramBot("guiche", "1:demo", "secret")


@pytest.fixture
def telegram() -> Iterator[FakeTelegram]:
    with fake_telegram(BOT.token) as fake:
        yield fake


async def say(telegram_url: str, text: str = "Olá", bot: TelegramBot = BOT) -> None:
    async with aiohttp.ClientSession() as session:
        await send(session, Settings(telegram_api_url=telegram_url), bot, 5, text)


async def test_a_text_reaches_its_chat(telegram: FakeTelegram):
    await say(telegram.url, "<b>Olá</b>")

    assert telegram.texts_to(5) == ["<b>Olá</b>"] and "parse_mode" not in telegram.sent[0]


async def test_a_long_text_is_cut_to_what_telegram_takes(telegram: FakeTelegram):
    await say(telegram.url, "x" * 5_000)

    assert len(telegram.texts_to(5)[0]) == 4_096


async def test_too_many_requests_is_tried_again_when_telegram_says(telegram: FakeTelegram):
    telegram.refuse_with_429(17)

    with pytest.raises(SendFailed) as failed:
        await say(telegram.url)

    assert not failed.value.permanent and failed.value.retry_after == timedelta(seconds=17)


async def test_a_bot_that_was_blocked_is_not_tried_again(telegram: FakeTelegram):
    telegram.refuse_with_403()

    with pytest.raises(SendFailed) as failed:
        await say(telegram.url)

    assert failed.value.permanent


async def test_a_wrong_token_of_ours_may_be_mended(telegram: FakeTelegram):
    with pytest.raises(SendFailed) as failed:
        await say(telegram.url, bot=TelegramBot("guiche", "2:other", "secret"))

    assert not failed.value.permanent


async def test_the_token_stands_in_no_error():
    with pytest.raises(SendFailed) as failed:
        await say("http://127.0.0.1:9")

    error: BaseException | None = failed.value
    while error is not None:
        assert BOT.token not in str(error)
        error = error.__cause__
    assert not failed.value.permanent
