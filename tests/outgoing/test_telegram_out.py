"""What a chat is told, by its own bot, and only while it is still that person's chat."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest

from core import clock
from core.deliveries import Delivery, DeliveryKind, seal_recipient
from core.ids import new_id
from core.people.tables import Identity
from core.settings import Settings, TelegramBot
from core.tickets.intake import file_batch
from core.tickets.letters import PostOffice
from core.tickets.office import Office
from core.tickets.replying import EntryDraft, add_entry
from core.tickets.tables import Ticket
from gateway.channels.telegram_out import TelegramOut
from gateway.dispatch import deliver
from tests.fakes.telegram import FakeTelegram, fake_telegram
from tests.tickets.conftest import Cast, Say, acting

CHAT = "guiche:4711"


@pytest.fixture
def api() -> Iterator[FakeTelegram]:
    with fake_telegram() as fake:
        yield fake


@pytest.fixture
async def telegram(office: Office, api: FakeTelegram) -> AsyncIterator[TelegramOut]:
    settings = Settings(telegram_api_url=api.url, telegram_bots=(TelegramBot("guiche", "1:demo", "secret"),))
    channel = TelegramOut(settings, PostOffice(office.profile, office.signing, "http://desk.example"))
    yield channel
    await channel.close()


async def opened(office: Office, cast: Cast, say: Say) -> Ticket:
    await Identity.create(person=cast.ana, kind="telegram", key=CHAT, created_at=clock.now())
    await file_batch([say(cast.ana, channel="telegram", chat=CHAT)], office, clock.now())
    return await Ticket.all().order_by("-id").first()


async def chat_ids() -> list:
    return [each.id for each in await Delivery.filter(channel="telegram").order_by("id")]


async def test_a_chat_hears_its_protocol_and_the_public_answer(
    office: Office, cast: Cast, say: Say, telegram: TelegramOut, api: FakeTelegram
) -> None:
    ticket = await opened(office, cast, say)
    await add_entry(ticket.protocol, EntryDraft("só entre nós", "internal"), acting(cast.clara), office)
    await add_entry(ticket.protocol, EntryDraft("Segue o boleto."), acting(cast.clara), office)
    await deliver(await chat_ids(), telegram, office)
    acknowledged, answered = api.texts_to(4711)
    assert ticket.protocol in acknowledged
    assert "Segue o boleto." in answered
    assert {each.state for each in await Delivery.filter(channel="telegram")} == {"sent"}


async def test_a_chat_unlinked_since_hears_nothing(
    office: Office, cast: Cast, say: Say, telegram: TelegramOut, api: FakeTelegram
) -> None:
    await opened(office, cast, say)
    await Identity.filter(key=CHAT).delete()
    await deliver(await chat_ids(), telegram, office)
    assert api.sent == []
    assert {each.state for each in await Delivery.filter(channel="telegram")} == {"withheld"}


async def test_telegrams_own_wish_for_patience_is_kept(
    office: Office, cast: Cast, say: Say, telegram: TelegramOut, api: FakeTelegram
) -> None:
    await opened(office, cast, say)
    api.refuse_with_429(3600)
    await deliver(await chat_ids(), telegram, office)
    row = await Delivery.get(channel="telegram")
    assert row.state == "retrying"
    assert row.next_try_at - clock.now() > timedelta(minutes=50)


async def test_a_person_who_blocked_the_bot_is_a_failure_the_ticket_tells(
    office: Office, cast: Cast, say: Say, telegram: TelegramOut, api: FakeTelegram
) -> None:
    await opened(office, cast, say)
    api.refuse_with_403()
    await deliver(await chat_ids(), telegram, office)
    assert (await Delivery.get(channel="telegram")).state == "failed"


@pytest.mark.parametrize(
    ("code", "word"), [("linked", "vinculada"), ("link_refused", "código"), ("channel_not_linked", "Canais oficiais")]
)
async def test_a_fixed_text_goes_to_a_chat_nobody_is_known_behind(
    office: Office, telegram: TelegramOut, api: FakeTelegram, code: str, word: str
) -> None:
    now = clock.now()
    delivery = await Delivery.create(
        id=new_id(), kind=DeliveryKind.CHAT_TEXT, channel="telegram", recipient_kind="chat", detail=code,
        recipient_sealed=seal_recipient(office.sealing, CHAT), next_try_at=now, created_at=now,
    )
    await deliver([delivery.id], telegram, office)
    assert word in api.texts_to(4711)[0]
