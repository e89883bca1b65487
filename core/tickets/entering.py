"""The ledger of what was received: each mail has one row, whose unique key tells the first copy from the rest."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from core.database import query
from core.decision import Reason
from core.message import Bounce, Inbound, InboundMessage, RefusedMessage
from core.tickets.tables import Held, Intake


async def enter(messages: Sequence[Inbound], now: datetime) -> list[Inbound]:
    """Enter all into the ledger; those that were not there yet, in order.

    This is the transaction's first statement, and its unique key alone decides between two
    processes that have the same mail.
    """
    # One that is held comes for the first time, whatever an importing operator has vouched for.
    released = [m for m in messages if isinstance(m, InboundMessage) and m.released_rules and not m.held_for]
    freed: list[Inbound] = [each for each in released if await _enter_released(each)]
    done = await _filed_before([m for m in messages if isinstance(m, InboundMessage) and m.held_for])
    rows = {m.intake_id: m for m in messages if m not in released and _key(m) not in done}
    return freed + (await _insert(rows, now) if rows else [])


async def _enter_released(message: InboundMessage) -> bool:
    """Turn the ledger's row of a held message into a filed one; False when a copy was filed before."""
    key = f"filed:{message.dedupe_key}"
    rows = await query(
        'UPDATE "intake" SET "dedupe_key" = $1, "outcome" = $2, "reason" = NULL, "trail" = $6 WHERE "id" = $3'
        ' AND "outcome" = $4 AND NOT EXISTS (SELECT 1 FROM "intake" AS "other" WHERE "other"."dedupe_key" = $5)'
        ' RETURNING "id"',
        [key, "filed", message.intake_id, "held", key, " ".join(message.trail)],
    )
    return bool(rows)


def filed_already(messages: Sequence[Inbound], fresh: Sequence[Inbound]) -> list[str]:
    """The keys of released ones whose mail another copy brought: else they would be published for ever."""
    entered = {each.intake_id for each in fresh}
    return [
        each.dedupe_key for each in messages
        if isinstance(each, InboundMessage) and each.released_rules and not each.held_for
        and each.intake_id not in entered
    ]  # fmt: skip


async def _insert(rows: dict[UUID, Inbound], now: datetime) -> list[Inbound]:
    values: list[object] = []
    for each in rows.values():
        values += _ledger_row(each, now)
    places = ", ".join(
        "(" + ", ".join(f"${row * len(_COLUMNS) + n + 1}" for n in range(len(_COLUMNS))) + ")"
        for row in range(len(rows))
    )
    columns = ", ".join(f'"{name}"' for name in _COLUMNS)
    entered = await query(
        f'INSERT INTO "intake" ({columns}) VALUES {places} ON CONFLICT DO NOTHING RETURNING "id"', values
    )
    fresh = {UUID(str(row["id"])) for row in entered}
    return [each for key, each in rows.items() if key in fresh]


_COLUMNS = (
    "id", "dedupe_key", "channel", "outcome", "reason", "received_at", "decided_at", "sender_hash",
    "message_id_hash", "size", "token_id", "trail", "flags",
)  # fmt: skip
_MAX_FLAGS = 500


def _ledger_row(message: Inbound, now: datetime) -> list[object]:
    outcome, _, _ = _key(message).partition(":")
    reason = None
    if isinstance(message, RefusedMessage):
        reason = message.reason.value
    elif isinstance(message, InboundMessage) and message.held_for:
        reason = message.held_for.value
    return [
        message.intake_id, _key(message), message.channel, outcome, reason, message.received_at, now,
        message.sender_hash, message.message_id_hash, message.size, getattr(message, "token_id", None),
        " ".join(message.trail), " ".join(message.flags)[:_MAX_FLAGS],
    ]  # fmt: skip


def _key(message: Inbound) -> str:
    if isinstance(message, RefusedMessage):
        return f"refused:{message.intake_id}"
    if isinstance(message, Bounce):
        return f"bounce:{message.dedupe_key}"
    return f"{'held' if message.held_for else 'filed'}:{message.dedupe_key}"


async def _filed_before(held: Sequence[InboundMessage]) -> set[str]:
    """The keys of held copies whose mail was filed already: nothing is left to decide about them."""
    if not held:
        return set()
    keys = [f"filed:{each.dedupe_key}" for each in held]
    rows = await Intake.filter(dedupe_key__in=keys).values_list("dedupe_key", flat=True)
    return {str(each).replace("filed:", "held:", 1) for each in rows}


async def held_before(message: InboundMessage, reason: Reason) -> bool:
    """Whether it merely came again: one decision is enough, and one row of the ledger (S08)."""
    if message.released_rules:
        return False  # it has its row, and an operator is waiting for it
    return await Held.exists(dedupe_key=message.dedupe_key, reason=reason.value)


async def turn(message: InboundMessage, outcome: str, reason: Reason) -> None:
    """Correct the ledger's row of a message that could not be filed after all."""
    key = f"{outcome}:{message.dedupe_key}"
    if await Intake.exists(dedupe_key=key):
        # Another copy stands there already; this one tells no more.
        key = f"{outcome}:{message.intake_id}"
    trail = " ".join((*message.trail, f"filing={outcome}"))
    await Intake.filter(id=message.intake_id).update(
        dedupe_key=key, outcome=outcome, reason=reason.value, trail=trail
    )
