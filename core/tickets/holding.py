"""The quarantine: messages kept sealed until an operator releases or discards them."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

from core import audit
from core.database import query, telling_away, transaction
from core.decision import Decision, Reason, Verdict
from core.errors import Refused, Unavailable
from core.keys import SealingKeys
from core.message import InboundMessage, SpeakerKind, decode, encode
from core.people.actor import Actor
from core.people.block_list import BlockList
from core.people.directory import Directory
from core.policy import admission
from core.queues import INBOUND, Publication, Queue
from core.tickets.office import Office
from core.tickets.tables import Held, Intake
from core.tickets.taking_over import refusal_of

HELD, RELEASED, DISCARDED, RESOLVED, EXPIRED = "held", "released", "discarded", "resolved", "expired"
# Reads a mail again that could not be read when it came; `Refused(UNREADABLE)` when it still cannot.
Reread = Callable[[InboundMessage], Awaitable[InboundMessage]]
# A release is filed in moments; one that is not by then was never published, or its queue lost it.
AGAIN_AFTER = timedelta(minutes=1)
_PUBLISHED_AT_ONCE = 100


def held_row(message: InboundMessage, reason: Reason, office: Office) -> Held:
    """The row that keeps `message`: nothing of it readable without the data keys."""
    kept = message.model_copy(update={"held_for": reason})
    context = f"held/{message.intake_id}"
    return Held(
        id=message.intake_id, reason=reason.value, channel=message.channel, dedupe_key=message.dedupe_key,
        sender_sealed=office.sealing.seal((message.author.email or message.author.name).encode(), context),
        body_sealed=office.sealing.seal(encode(kept), context), received_at=message.received_at,
        digests=" ".join(_in_store(message)),
    )  # fmt: skip


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
    return [_shown(row, sealing) for row in rows]


async def release(
    held_id: str, actor: Actor, office: Office, directory: Directory, queue: Queue, now: datetime,
    reread: Reread | None = None,
) -> dict[str, object]:
    """Override the rule that held it, and only that one; the message then walks on to be filed.

    What could not be read is read again, in the hope that the program was mended since. Raises
    `Refused`: not_found, or the code of another rule that stops it (it then stays held). An unproven
    agent's address or board mailbox is never released.
    """
    row = await _waiting(held_id)
    message = opened(row, office.sealing)
    reason = Reason(row.reason)
    if reason is Reason.UNREADABLE:
        if reread is None:
            raise Refused(reason)
        message = await reread(message)
    speaker = message.speaker
    if message.channel in ("email", "form") and message.author.email:
        directory.forget()
        speaker = (await directory.by_email(message.author.email, now)).speaker
    if reason is Reason.SENDER_NOT_PROVEN and speaker.kind in (SpeakerKind.AGENT, SpeakerKind.BOARD):
        raise Refused(reason)
    if speaker.kind is SpeakerKind.AGENT and not message.claims:
        stopped = refusal_of(message, agents_may_open=office.profile.access.agents_may_open)
        if stopped is not None:
            raise Refused(stopped)
    is_blocked = message.sender_is_blocked or await BlockList(office.signing).holds([message.author.email], now)
    freed = message.model_copy(
        update={
            "speaker": speaker, "held_for": None, "sender_is_blocked": is_blocked,
            "released_rules": (*message.released_rules, reason),
        }
    )  # fmt: skip
    decision = admission.judge(freed, office.profile)
    if decision.verdict is Verdict.HOLD:
        await _hold_for_another(row, freed, decision, actor, office, now)
    if not decision.is_accepted:
        raise Refused(decision.reason or Reason.NOT_AUTHORIZED)
    freed = freed.model_copy(update={"trail": (*message.trail, f"released={reason}", *decision.spelled)})

    shown = _shown(row, office.sealing)
    left = office.sealing.seal(encode(freed), _context(row))
    async with telling_away(), transaction():
        await _decide(row, RELEASED, actor, now, left)
        await Held.filter(id=row.id).update(dedupe_key=freed.dedupe_key)
    # The row keeps it until it is filed: a queue that is away, or a crash here, loses nothing.
    with suppress(Unavailable):
        await queue.publish(INBOUND, [_publication(freed)])
    return shown | {"state": RELEASED}


async def _hold_for_another(
    row: Held, freed: InboundMessage, decision: Decision, actor: Actor, office: Office, now: datetime
) -> None:
    """Two rules held it: the first is overridden from here on, and the second is the next to decide about."""
    kept = freed.model_copy(update={"held_for": decision.reason})
    sealed = office.sealing.seal(encode(kept), _context(row))
    async with telling_away(), transaction():
        # Only where nobody decided meanwhile.
        changed = await Held.filter(id=row.id, state=HELD, reason=row.reason).update(
            reason=str(decision.reason), body_sealed=sealed
        )
        if changed:
            await audit.record(actor.audit_name, f"held.overridden.{row.reason}", str(row.id), now)


async def publish_released(queue: Queue, sealing: SealingKeys, now: datetime) -> int:
    """Publish again what was released a while ago and still stands as held in the ledger; how many."""
    # What was filed since is emptied; with it out of the way none waits behind a hundred of those.
    unfiled = Held.filter(state=RELEASED, decided_at__lte=now - AGAIN_AFTER).exclude(body_sealed=b"")
    rows = await unfiled.order_by("decided_at").limit(_PUBLISHED_AT_ONCE)
    waiting = set(await Intake.filter(id__in=[row.id for row in rows], outcome=HELD).values_list("id", flat=True))
    messages = [each for row in rows if row.id in waiting and (each := _opened_or_none(row, sealing))]
    if messages:
        await queue.publish(INBOUND, [_publication(each) for each in messages])
    return len(messages)


def _opened_or_none(row: Held, sealing: SealingKeys) -> InboundMessage | None:
    """None where its key is gone: nothing can be done about it, and the others do not wait for it."""
    with suppress(Unavailable):
        return opened(row, sealing)
    return None


async def discard(held_id: str, actor: Actor, sealing: SealingKeys, now: datetime) -> dict[str, object]:
    """Drop it: what it said is gone, that it was there remains."""
    row = await _waiting(held_id)
    shown = _shown(row, sealing)
    async with telling_away(), transaction():
        await _decide(row, DISCARDED, actor, now, b"")
    return shown | {"state": DISCARDED}


async def expire(office: Office, now: datetime) -> int:
    """Drop what nobody decided about within the profile's days; how many. That it was there remains."""
    before = now - timedelta(days=office.profile.mail.held_days)
    return await Held.filter(state=HELD, received_at__lt=before).update(
        state=EXPIRED, decided_by="system", decided_at=now, body_sealed=b"", sender_sealed=b"", digests=""
    )


async def _waiting(held_id: str) -> Held:
    try:
        row = await Held.get_or_none(id=UUID(held_id), state=HELD)
    except ValueError:
        row = None
    if row is None:
        raise Refused(Reason.NOT_FOUND)
    return row


async def _decide(row: Held, state: str, actor: Actor, now: datetime, left: bytes) -> None:
    """Only the first decision counts; to whoever comes second nothing is held there any more."""
    decided = await Held.filter(id=row.id, state=HELD).update(
        state=state, decided_by=actor.audit_name, decided_at=now, body_sealed=left, sender_sealed=b""
    )
    if not decided:
        raise Refused(Reason.NOT_FOUND)
    await audit.record(actor.audit_name, f"held.{state}", str(row.id), now)


def _context(row: Held) -> str:
    return f"held/{row.id}"


def opened(row: Held, sealing: SealingKeys) -> InboundMessage:
    """The message a row keeps; `Unavailable` when its key is gone."""
    try:
        message = decode(sealing.open(bytes(row.body_sealed), _context(row)))
    except ValueError as error:
        raise Unavailable("a held message is sealed under a key that is gone") from error
    assert isinstance(message, InboundMessage)
    return message


def _publication(freed: InboundMessage) -> Publication:
    return Publication(str(freed.intake_id), f"held:{freed.intake_id}", encode(freed))


def _shown(row: Held, sealing: SealingKeys) -> dict[str, object]:
    try:
        sender = sealing.open(bytes(row.sender_sealed), _context(row)).decode()
    except ValueError:
        sender = ""  # Its key is gone: it can be discarded and nothing else, and the others are still listed.
    return {
        "id": str(row.id), "reason": row.reason, "channel": row.channel, "sender": sender,
        "received_at": row.received_at.isoformat(), "state": row.state,
    }  # fmt: skip
