"""The quarantine: messages kept sealed until somebody decides about them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from core import audit
from core.database import query, telling_away, transaction
from core.decision import Reason
from core.errors import Refused, Unavailable
from core.keys import SealingKeys
from core.message import InboundMessage, decode, encode
from core.people.actor import SYSTEM, Actor
from core.tickets.office import Office
from core.tickets.tables import Held

HELD, RELEASED, DISCARDED, RESOLVED, EXPIRED = "held", "released", "discarded", "resolved", "expired"


def held_row(message: InboundMessage, reason: Reason, office: Office) -> Held:
    """The row that keeps `message`: nothing of it readable without the data keys."""
    kept = message.model_copy(update={"held_for": reason})
    sender = (message.author.email or message.author.name).encode()
    return Held(
        id=message.intake_id, reason=reason.value, channel=message.channel, dedupe_key=message.dedupe_key,
        sender_sealed=office.sealing.seal(sender, _context(message.intake_id)),
        body_sealed=sealed(kept, office.sealing), received_at=message.received_at,
        organization_id=deciding_organization(message, reason), digests=" ".join(_in_store(message)),
    )  # fmt: skip


def deciding_organization(message: InboundMessage, reason: Reason | None) -> int | None:
    """The organization whose administrators may decide about it; None where only the desk may."""
    return message.speaker.organization_id if reason is Reason.AWAITING_ADMINISTRATOR else None


def _in_store(message: InboundMessage) -> list[str]:
    """The digests of what the message does not carry itself."""
    blobs = [message.raw, *(each.blob for each in message.attachments)]
    return sorted({each.digest for each in blobs if each is not None and each.content is None})


async def resolve_held(dedupe_keys: Sequence[str], now: datetime) -> None:
    """These were filed: what was held of them needs no decision any more, and nothing of it is kept."""
    places = ", ".join(f"${number}" for number in range(6, 6 + len(dedupe_keys)))
    # Every batch asks this, and nearly always there is nothing: one statement, then.
    await query(
        'UPDATE "held" SET "body_sealed" = $1, "sender_sealed" = $1,'
        ' "decided_at" = CASE WHEN "state" = $2 THEN $3 ELSE "decided_at" END,'
        ' "state" = CASE WHEN "state" = $2 THEN $4 ELSE "state" END'
        f' WHERE "state" IN ($2, $5) AND "dedupe_key" IN ({places})',
        [b"", HELD, now, RESOLVED, RELEASED, *dedupe_keys],
    )


async def list_held(sealing: SealingKeys) -> list[dict[str, object]]:
    """What waits for a decision, newest first, as INTERFACES.md §4 shows it."""
    rows = await Held.filter(state=HELD).order_by("-received_at").limit(1000)
    return [shown(row, sealing) for row in rows]


async def discard(held_id: str, actor: Actor, sealing: SealingKeys, now: datetime) -> dict[str, object]:
    """Drop it: what it said is gone, that it was there remains."""
    row = await waiting(held_id)
    was = shown(row, sealing)
    async with telling_away(), transaction():
        await decide(row, DISCARDED, b"", actor=actor, now=now)
    return was | {"state": DISCARDED}


async def expire(office: Office, now: datetime) -> int:
    """Drop what nobody decided about within the profile's days; how many. That it was there remains."""
    before = now - timedelta(days=office.profile.mail.held_days)
    async with transaction():
        dropped = await query(
            'UPDATE "held" SET "state" = $1, "decided_by" = $2, "decided_at" = $3, "body_sealed" = $4,'
            ' "sender_sealed" = $4, "digests" = $5 WHERE "state" = $6 AND "received_at" < $7 RETURNING "id", "reason"',
            [EXPIRED, SYSTEM.audit_name, now, b"", "", HELD, before],
        )
        await audit.record_all(
            [
                audit.row(
                    SYSTEM.audit_name, f"held.{EXPIRED}", str(each["id"]), now, before=_was(each["reason"]),
                    after=EXPIRED,
                )  # fmt: skip
                for each in dropped
            ]
        )
    return len(dropped)


async def waiting(held_id: str) -> Held:
    """The row nobody has decided about yet; `Refused(NOT_FOUND)` when there is none."""
    try:
        row = await Held.get_or_none(id=UUID(held_id), state=HELD)
    except ValueError:
        row = None
    if row is None:
        raise Refused(Reason.NOT_FOUND)
    return row


async def decide(row: Held, state: str, left: bytes, *, actor: Actor, now: datetime) -> None:
    """Put `row` in `state`, with `left` of its message; part of the caller's transaction.

    Only the first decision counts; to whoever comes second nothing is held there any more: `Refused(NOT_FOUND)`.
    """
    decided = await Held.filter(id=row.id, state=HELD).update(
        state=state, decided_by=actor.audit_name, decided_at=now, body_sealed=left, sender_sealed=b""
    )
    if not decided:
        raise Refused(Reason.NOT_FOUND)
    await audit.record(
        actor.audit_name, f"held.{state}", str(row.id), now, before=_was(row.reason), after=state
    )


def _was(reason: object) -> str:
    return f"{HELD} reason={reason}"


def sealed(message: InboundMessage, sealing: SealingKeys) -> bytes:
    """What the row of `message` keeps of it; `opened` gives it back."""
    return sealing.seal(encode(message), _context(message.intake_id))


def opened(row: Held, sealing: SealingKeys) -> InboundMessage:
    """The message a row keeps; `Unavailable` when its key is gone."""
    try:
        message = decode(sealing.open(bytes(row.body_sealed), _context(row.id)))
    except ValueError as error:
        raise Unavailable("a held message is sealed under a key that is gone") from error
    assert isinstance(message, InboundMessage)
    return message


def _context(held_id: UUID) -> str:
    return f"held/{held_id}"


def shown(row: Held, sealing: SealingKeys) -> dict[str, object]:
    """`row` as INTERFACES.md §4 shows it."""
    try:
        sender = sealing.open(bytes(row.sender_sealed), _context(row.id)).decode()
    except ValueError:
        sender = ""  # Its key is gone: it can be discarded and nothing else, and the others are still listed.
    return {
        "id": str(row.id), "reason": row.reason, "channel": row.channel, "sender": sender,
        "received_at": row.received_at.isoformat(), "state": row.state,
    }  # fmt: skip
