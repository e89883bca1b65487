"""What must leave the house: one row for each logical send, with its attempts and outcome."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from core.errors import Unavailable
from core.keys import SealingKeys
from core.queues import Publication, Queue, outbound

FIRST_RETRY = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=8)
GIVE_UP_AFTER = timedelta(days=5)

# Few enough that several dispatchers share the work, many enough that a batch of mails costs a few messages.
ANNOUNCED_TOGETHER = 20


class DeliveryState(StrEnum):
    """How far a delivery got.

    `uncertain` means a crash hid the relay's answer, `withheld` that its recipient lost the right
    to it, `withdrawn` that its author took it back before it left.
    """

    QUEUED = "queued"
    SENT = "sent"
    RETRYING = "retrying"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    WITHHELD = "withheld"
    WITHDRAWN = "withdrawn"


class DeliveryKind(StrEnum):
    """What is said to the recipient, the text is made when it is sent."""

    ACKNOWLEDGEMENT = "acknowledgement"
    REPLY = "reply"
    CLOSED = "closed"
    AGENT_NOTICE = "agent_notice"
    NOTE_NOTICE = "note_notice"
    COMMAND_REFUSED = "command_refused"
    REPLY_HELD_BACK = "reply_held_back"
    CHAT_TEXT = "chat_text"
    CONFIRM_ADDRESS = "confirm_address"
    REFUSAL_NOTICE = "refusal_notice"
    INVITATION = "invitation"
    PASSWORD_LINK = "password_link"
    COLLEAGUES_DIGEST = "colleagues_digest"
    ADMINISTRATOR_CHANGE = "administrator_change"
    ACCOUNT_ALERT = "account_alert"


class Delivery(Model):
    """One send of one event to one recipient by one channel.

    The recipient is a person or an agent by id; the address is looked up, and the right checked
    again, at the moment of sending. `detail` holds what the event does not (a bot text's code, the
    complaints about a command). `created_at` is when its five days of trying began; the id tells
    when it was made.
    """

    id = fields.UUIDField(primary_key=True)
    event_id: UUID | None = fields.UUIDField(null=True)
    ticket_id: int | None = fields.IntField(null=True, db_index=True)
    entry_id: UUID | None = fields.UUIDField(null=True)
    kind = fields.CharField(24)
    channel = fields.CharField(16)  # email | telegram
    recipient_kind = fields.CharField(8)  # person | agent | chat | address
    recipient_id = fields.IntField(default=0)
    recipient_sealed: bytes | None = fields.BinaryField(null=True)
    detail = fields.TextField(default="")
    state = fields.CharField(16, default="queued")
    attempts = fields.IntField(default=0)
    next_try_at: datetime = fields.DatetimeField(db_index=True)
    created_at: datetime = fields.DatetimeField()
    sent_at: datetime | None = fields.DatetimeField(null=True)
    last_error: str | None = fields.CharField(200, null=True)  # type: ignore[assignment]

    class Meta:
        table = "delivery"
        unique_together = (("event_id", "recipient_kind", "recipient_id", "channel", "kind"),)


@dataclass(frozen=True, slots=True)
class DeliveryRef:
    """A delivery that is committed and waits for its channel."""

    id: UUID
    channel: str


async def announce(queue: Queue, refs: Sequence[DeliveryRef]) -> None:
    """Tell the dispatchers, after the commit, that these may go, some twenty in a message.

    A queue that is away loses nothing: the scheduler announces what is due from the rows.
    """
    for channel in {ref.channel for ref in refs}:
        ids = [str(ref.id) for ref in refs if ref.channel == channel]
        chunks = [ids[at : at + ANNOUNCED_TOGETHER] for at in range(0, len(ids), ANNOUNCED_TOGETHER)]
        publications = [
            Publication(message_id=chunk[0], key=chunk[0], body=" ".join(chunk).encode()) for chunk in chunks
        ]
        with suppress(Unavailable):
            await queue.publish(outbound(channel), publications)


def announced(body: bytes) -> list[UUID]:
    """The deliveries a message of `announce` names."""
    return [UUID(each) for each in body.decode().split()]


def next_try(attempts: int, created_at: datetime, now: datetime) -> datetime | None:
    """When to try again after `attempts` failures; None once five days have passed (RFC 5321 §4.5.4.1).

    A pause is never longer than the time it has been tried for: what an agent sends again after many
    attempts begins with short ones.
    """
    if now - created_at >= GIVE_UP_AFTER:
        return None
    doublings = min(max(attempts - 1, 0), 20)
    return now + min(FIRST_RETRY * (1 << doublings), max(now - created_at, FIRST_RETRY), LONGEST_PAUSE)


async def waiting_to_leave(ticket_id: int, now: datetime) -> dict[UUID, datetime]:
    """The entries of a ticket that can still be taken back, each with the time until when."""
    rows = await Delivery.filter(
        ticket_id=ticket_id, state=DeliveryState.QUEUED, attempts=0, next_try_at__gt=now, entry_id__isnull=False
    ).values("entry_id", "next_try_at")
    return {row["entry_id"]: row["next_try_at"] for row in rows}


def seal_recipient(sealing: SealingKeys, text: str) -> bytes:
    """A chat's key or an unregistered address, as `Delivery.recipient_sealed` keeps it."""
    return sealing.seal(text.encode(), "delivery.recipient")


def open_recipient(sealing: SealingKeys, sealed: bytes) -> str:
    """The chat's key or address again; ValueError when no key of ours opens it."""
    return sealing.open(bytes(sealed), "delivery.recipient").decode()
