"""Short fixed texts a bot answers with: a row first, sent by dispatch, at most once a day each."""

from datetime import timedelta

from core import clock
from core.database import telling_away, transaction
from core.decision import Reason
from core.deliveries import Delivery, DeliveryKind, DeliveryRef, announce, seal_recipient
from core.idempotency import first_time
from core.ids import new_id
from webhooks.counter import Counter

TOO_LARGE = Reason.TOO_LARGE
_DAY = timedelta(days=1)


async def answer_once_a_day(chat: str, code: str, counter: Counter) -> None:
    """Tell the chat `code`, unless it was told within the day (N12). Raises `Unavailable`."""
    await answer_once(chat, code, "day", counter)


async def answer_once(chat: str, code: str, occasion: str, counter: Counter) -> None:
    """Tell the chat `code` once for this `occasion`, however often Telegram repeats it."""
    now = clock.now()
    said = f"bot:{code}:{occasion}:{counter.desk.signing.pseudonym(chat)}"
    async with telling_away(), transaction():
        if not await first_time(said, now, now + _DAY):
            return
        delivery = await Delivery.create(
            id=new_id(), kind=DeliveryKind.CHAT_TEXT, channel="telegram", recipient_kind="chat",
            recipient_sealed=seal_recipient(counter.office.sealing, chat), detail=code, next_try_at=now,
            created_at=now,
        )  # fmt: skip
    await announce(counter.queue, [DeliveryRef(delivery.id, delivery.channel)])
