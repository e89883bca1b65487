"""Telling somebody that his mail was refused, where the door could not tell him itself (INTERFACES.md §5)."""

from collections.abc import Sequence
from datetime import timedelta

from core.deliveries import DeliveryKind, seal_recipient
from core.idempotency import first_time
from core.ids import new_id
from core.message import Inbound, RefusedMessage
from core.tickets.filing import Filing
from core.tickets.new_rows import NewDelivery

TOLD_AT_MOST_EVERY = timedelta(hours=24)


async def tell_refused(messages: Sequence[Inbound], filing: Filing) -> None:
    """One notice to an address in a day, whatever it writes and however often it is refused."""
    for message in messages:
        if not isinstance(message, RefusedMessage) or not message.notice_to:
            continue
        said = f"refused:{message.sender_hash}"
        if await first_time(said, filing.now, filing.now + TOLD_AT_MOST_EVERY):
            filing.deliveries.append(_notice(message, filing))


def _notice(message: RefusedMessage, filing: Filing) -> NewDelivery:
    return NewDelivery(
        id=new_id(), event_id=None, ticket_id=None, entry_id=None, kind=DeliveryKind.REFUSAL_NOTICE.value,
        channel="email", recipient_kind="address", recipient_id=0,
        recipient_sealed=seal_recipient(filing.office.sealing, message.notice_to), detail=message.reason.value,
        next_try_at=filing.now, created_at=filing.now,
    )  # fmt: skip
