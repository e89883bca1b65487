import asyncio
import itertools

import pytest

from core import clock
from core.attachments import fetch
from core.deliveries import Delivery
from core.errors import Unavailable
from core.people import granting, link_codes
from core.people.actor import SYSTEM
from core.people.tables import Identity
from core.tickets.tables import Entry, EntryAttachment, Intake, Ticket
from tests.fakes.telegram import FakeTelegram
from tests.web.conftest import BOT, Site

CHAT = 4711
_update_ids = itertools.count(1)


def update(text: str = "", *, chat: int = CHAT, update_id: int | None = None, kind: str = "private", **message):
    said = {"text": text} if text else {}
    return {
        "update_id": next(_update_ids) if update_id is None else update_id,
        "message": {
            "message_id": 1, "date": 0, "chat": {"id": chat, "type": kind},
            "from": {"id": chat, "is_bot": False, "first_name": "Ana"}, **said, **message,
        },
    }


async def send(site: Site, body, *, secret: str | None = BOT.secret, bot: str = "guiche") -> int:
    headers = {} if secret is None else {"X-Telegram-Bot-Api-Secret-Token": secret}
    url = f"{site.url}/webhooks/telegram/{bot}"
    async with site.client.post(url, json=body, headers=headers) as answer:
        return answer.status


async def link(site: Site, email: str = "ana@org-a.example", chat: int = CHAT) -> None:
    code = await link_codes.issue(email, clock.now())
    assert await send(site, update(f"/start {code}", chat=chat)) == 200
    assert await Identity.exists(kind="telegram", key=f"guiche:{chat}")


async def filed(number: int) -> list[Entry]:
    async with asyncio.timeout(10):
        while await Entry.all().count() < number:
            await asyncio.sleep(0.02)
    return await Entry.all().order_by("at")


async def codes() -> list[str]:
    return [row.detail for row in await Delivery.filter(kind="chat_text").order_by("created_at")]


async def test_a_linked_chat_opens_a_ticket_and_adds_to_it(chat_site: Site):
    await link(chat_site)

    await send(chat_site, update("Não consigo entrar."))
    await filed(1)
    await send(chat_site, update("Com nenhuma senha."))

    entries = await filed(2)
    ticket = await Ticket.get()
    assert [entry.text for entry in entries] == ["Não consigo entrar.", "Com nenhuma senha."]
    assert [entry.threaded_by for entry in entries] == ["new", "chat"]
    assert entries[0].authentication == "telegram_link" and ticket.opened_via == "telegram"


async def test_a_wrong_secret_or_none_is_unauthenticated_n08(chat_site: Site):
    await link(chat_site)

    for secret in (None, "", "wrong", BOT.secret + "x", "ü"):
        assert await send(chat_site, update("Olá"), secret=secret) == 401
    assert not await Intake.exists()


async def test_an_unknown_bot_is_not_found(chat_site: Site):
    assert await send(chat_site, update("Olá"), bot="outro") == 404


async def test_the_same_update_many_times_is_one_entry_n09(chat_site: Site):
    await link(chat_site)
    body = update("Uma vez só.")

    statuses = await asyncio.gather(*(send(chat_site, body) for _ in range(20)))

    await filed(1)
    await send(chat_site, update("Depois."))
    assert set(statuses) == {200} and len(await filed(2)) == 2


@pytest.mark.parametrize("body", [
    {}, {"update_id": 1}, {"update_id": "x", "message": {}}, {"update_id": 1, "message": []},
    {"update_id": 1, "message": {"chat": 5}}, {"update_id": 1, "channel_post": {"chat": {"id": 1}}},
    {"update_id": 1, "edited_message": {"text": "outra"}}, {"update_id": 1, "callback_query": {}},
    update("Olá", kind="group"), update("Olá", kind="supergroup"), update("Olá", chat=-100, kind="channel"),
], ids=str)  # fmt: skip
async def test_what_is_no_private_message_is_ignored_n10_n14(chat_site: Site, body):
    await link(chat_site)
    told = await codes()

    assert await send(chat_site, body) == 200

    assert not await Intake.exists() and await codes() == told


async def test_a_stranger_is_told_once_a_day_and_nothing_is_kept_n12(chat_site: Site):
    for _ in range(3):
        assert await send(chat_site, update("Quem são vocês?")) == 200

    assert await codes() == ["channel_not_linked"]
    async with asyncio.timeout(10):
        while await Intake.all().count() < 3:
            await asyncio.sleep(0.02)
    assert {row.outcome for row in await Intake.all()} == {"refused"} and not await Ticket.exists()


async def test_who_lost_the_right_to_speak_is_refused_by_a_text(chat_site: Site):
    await link(chat_site)
    await granting.revoke("ana@org-a.example", SYSTEM, clock.now())
    chat_site.counter.desk.directory.forget()

    assert await send(chat_site, update("Olá")) == 200

    assert (await codes())[-1] == "not_authorized" and not await Ticket.exists()


async def test_where_telegram_is_unofficial_the_bot_says_so_once_a_day(site: Site):
    for _ in range(3):
        assert await send(site, update("Olá")) == 200

    assert await codes() == ["unofficial_channel"] and not await Intake.exists()


async def test_a_code_serves_once_n13(chat_site: Site):
    code = await link_codes.issue("ana@org-a.example", clock.now())
    await send(chat_site, update(f"/start {code}"))

    await send(chat_site, update(f"/start {code}", chat=99))

    assert await codes() == ["linked", "link_refused"]
    assert await Identity.filter(kind="telegram").values_list("key", flat=True) == [f"guiche:{CHAT}"]


async def test_a_repeated_linking_update_is_answered_once(chat_site: Site):
    code = await link_codes.issue("ana@org-a.example", clock.now())
    body = update(f"/start {code}")

    for _ in range(3):
        assert await send(chat_site, body) == 200

    assert await codes() == ["linked"]


async def test_codes_may_be_guessed_five_times_in_ten_minutes_n13(chat_site: Site):
    for number in range(5):
        await send(chat_site, update(f"/start WRONG{number}"))
    code = await link_codes.issue("ana@org-a.example", clock.now())

    await send(chat_site, update(f"/start {code}"))

    assert not await Identity.exists(kind="telegram")
    assert await codes() == ["link_refused"] * 6


async def test_start_without_a_code_tells_how_it_is_done(chat_site: Site):
    await send(chat_site, update("/start"))

    assert await codes() == ["channel_not_linked"]


async def test_a_document_and_the_largest_photo_are_kept(chat_site: Site, telegram: FakeTelegram):
    await link(chat_site)
    telegram.files = {"d": ("documents/../file_1.pdf", b"%PDF-1.7 x"), "p": ("photos/file 2.jpg", b"\xff\xd8\xff x")}

    document = {"file_id": "d", "file_name": "../conta.pdf", "mime_type": "application/pdf"}
    await send(chat_site, update(document=document))
    await filed(1)
    await send(chat_site, update(photo=[{"file_id": "small"}, {"file_id": "p"}], caption="Veja."))

    entries = await filed(2)
    files = {row.filename: row for row in await EntryAttachment.all()}
    assert sorted(files) == ["conta.pdf", "photo.jpg"] and entries[1].text == "Veja."
    assert await fetch(chat_site.counter.desk.blobs, files["conta.pdf"].digest) == b"%PDF-1.7 x"


@pytest.mark.parametrize("told", [3_000_000_000, 10], ids=["says so", "lies"])
async def test_a_file_over_the_limit_is_told_and_not_kept_n15_l12(chat_site: Site, telegram: FakeTelegram, told: int):
    await link(chat_site)
    telegram.files, telegram.announced_sizes = {"big": ("big.bin", b"x" * 2_200_000)}, {"big": told}

    await send(chat_site, update(document={"file_id": "big", "file_name": "big.bin"}))

    entry = (await filed(1))[0]
    assert "arquivo maior do que aceitamos" in entry.text and not await EntryAttachment.exists()
    assert (await codes())[-1] == "too_large"


async def test_a_file_telegram_cannot_hand_out_now_is_asked_for_again(chat_site: Site, telegram: FakeTelegram):
    await link(chat_site)
    telegram.files = {"d": ("d.pdf", b"%PDF-")}
    body = update(document={"file_id": "d"})
    telegram.refuse_with_500()

    assert await send(chat_site, body) == 503
    assert not await Intake.exists()
    assert await send(chat_site, body) == 200
    await filed(1)


async def test_nothing_is_fetched_for_a_stranger(chat_site: Site, telegram: FakeTelegram):
    telegram.files = {"d": ("d.pdf", b"%PDF-")}

    await send(chat_site, update(document={"file_id": "d"}))

    assert "getFile" not in telegram.calls


async def test_what_cannot_be_kept_is_named_in_the_entry(chat_site: Site):
    await link(chat_site)

    await send(chat_site, update(voice={"file_id": "v"}))

    assert "voice" in (await filed(1))[0].text


async def test_telegram_hears_503_while_nothing_can_be_stored_n11(chat_site: Site, monkeypatch: pytest.MonkeyPatch):
    await link(chat_site)
    body = update("Importante.")

    async def fail(*_: object) -> None:
        raise Unavailable("away")

    with monkeypatch.context() as broken:
        broken.setattr(type(chat_site.counter.desk.queue), "publish", fail)
        assert await send(chat_site, body) == 503
    assert await send(chat_site, body) == 200
    assert (await filed(1))[0].text == "Importante."


