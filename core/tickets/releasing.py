"""Releasing what is held: the one rule is overridden, and the message walks on to be filed."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from core import audit
from core.database import telling_away, transaction
from core.decision import Reason, Verdict
from core.errors import Refused, Unavailable
from core.keys import SealingKeys
from core.message import InboundMessage, Speaker, SpeakerKind, encode
from core.people.actor import Actor
from core.people.block_list import BlockList
from core.people.directory import Directory
from core.policy import admission
from core.queues import INBOUND, Publication, Publisher, Queue
from core.tickets.holding import HELD, RELEASED, decide, deciding_organization, opened, sealed, shown, waiting
from core.tickets.office import Office
from core.tickets.tables import Held, Intake
from core.tickets.taking_over import refusal_of

# Reads a mail again that could not be read when it came; `Refused(UNREADABLE)` when it still cannot.
Reread = Callable[[InboundMessage], Awaitable[InboundMessage]]
# A release is filed in moments; one that is not by then was never published, or its queue lost it.
AGAIN_AFTER = timedelta(minutes=1)
_PUBLISHED_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class ReleaseDesk:
    """What a release needs at hand; without `reread` what could not be read stays held."""

    office: Office
    directory: Directory
    queue: Publisher
    reread: Reread | None = None


async def release(held_id: str, actor: Actor, desk: ReleaseDesk, now: datetime) -> dict[str, object]:
    """Override the rule that held it, and only that one; the message then walks on to be filed.

    What could not be read is read again, in the hope that the program was mended since. Raises
    `Refused`: not_found, or the code of another rule that stops it (it then stays held). An unproven
    agent's address or board mailbox is never released.
    """
    row = await waiting(held_id)
    sealing = desk.office.sealing
    freed = await _freed(opened(row, sealing), Reason(row.reason), desk, now)
    decision = admission.judge(freed, desk.office.profile)
    if decision.verdict is Verdict.HOLD:
        kept = freed.model_copy(update={"held_for": decision.reason})
        await _hold_for_another(row, kept, sealing, actor=actor, now=now)
    if not decision.is_accepted:
        raise Refused(decision.reason or Reason.NOT_AUTHORIZED)
    freed = freed.model_copy(update={"trail": (*freed.trail, f"released={row.reason}", *decision.spelled)})

    was, left = shown(row, sealing), sealed(freed, sealing)
    async with telling_away(), transaction():
        await decide(row, RELEASED, left, actor=actor, now=now)
        await Held.filter(id=row.id).update(dedupe_key=freed.dedupe_key)
    # The row keeps it until it is filed: a queue that is away, or a crash here, loses nothing.
    with suppress(Unavailable):
        await desk.queue.publish(INBOUND, [_publication(freed)])
    return was | {"state": RELEASED}


async def _freed(message: InboundMessage, reason: Reason, desk: ReleaseDesk, now: datetime) -> InboundMessage:
    """`message` without the rule that held it, as it would come at this moment."""
    if reason is Reason.UNREADABLE:
        if desk.reread is None:
            raise Refused(reason)
        message = await desk.reread(message)
    speaker = await _speaker_now(message, desk.directory, now)
    if reason is Reason.SENDER_NOT_PROVEN and speaker.kind in (SpeakerKind.AGENT, SpeakerKind.BOARD):
        raise Refused(reason)
    if speaker.kind is SpeakerKind.AGENT and not message.claims:
        stopped = refusal_of(message, agents_may_open=desk.office.profile.access.agents_may_open)
        if stopped is not None:
            raise Refused(stopped)
    blocks = BlockList(desk.office.signing)
    is_blocked = message.sender_is_blocked or await blocks.holds([message.author.email], now)
    return message.model_copy(
        update={
            "speaker": speaker, "held_for": None, "sender_is_blocked": is_blocked,
            "released_rules": (*message.released_rules, reason),
        }
    )  # fmt: skip


async def _speaker_now(message: InboundMessage, directory: Directory, now: datetime) -> Speaker:
    if message.channel not in ("email", "form") or not message.author.email:
        return message.speaker
    directory.forget()
    return (await directory.by_email(message.author.email, now)).speaker


async def _hold_for_another(
    row: Held, kept: InboundMessage, sealing: SealingKeys, *, actor: Actor, now: datetime
) -> None:
    """Two rules held it: the first is overridden from here on, and the second is the next to decide about."""
    async with telling_away(), transaction():
        # Only where nobody decided meanwhile.
        changed = await Held.filter(id=row.id, state=HELD, reason=row.reason).update(
            reason=str(kept.held_for), body_sealed=sealed(kept, sealing),
            organization_id=deciding_organization(kept, kept.held_for),
        )  # fmt: skip
        if changed:
            await audit.record(
                actor.audit_name, f"held.overridden.{row.reason}", str(row.id), now,
                before=f"held reason={row.reason}", after=f"held reason={kept.held_for}",
            )  # fmt: skip


async def publish_released(queue: Queue, sealing: SealingKeys, now: datetime) -> int:
    """Publish again what was released a while ago and still stands as held in the ledger; how many."""
    # What was filed since is emptied; with it out of the way none waits behind a hundred of those.
    unfiled = Held.filter(state=RELEASED, decided_at__lte=now - AGAIN_AFTER).exclude(body_sealed=b"")
    rows = await unfiled.order_by("decided_at").limit(_PUBLISHED_AT_ONCE)
    unsettled = set(await Intake.filter(id__in=[row.id for row in rows], outcome=HELD).values_list("id", flat=True))
    messages = [each for row in rows if row.id in unsettled and (each := _opened_or_none(row, sealing))]
    if messages:
        await queue.publish(INBOUND, [_publication(each) for each in messages])
    return len(messages)


def _opened_or_none(row: Held, sealing: SealingKeys) -> InboundMessage | None:
    """None where its key is gone: nothing can be done about it, and the others do not wait for it."""
    with suppress(Unavailable):
        return opened(row, sealing)
    return None


def _publication(freed: InboundMessage) -> Publication:
    return Publication(str(freed.intake_id), f"held:{freed.intake_id}", encode(freed))
