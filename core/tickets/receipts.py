"""Receipts: what a program is given for its message, and where the message has got to."""

import asyncio
from datetime import timedelta
from uuid import UUID

from core.keys import SigningKeys
from core.tickets.tables import Entry, Held, Intake, Ticket

_PURPOSE = "receipt"


def receipt_for(intake_id: UUID, token_id: int, signing: SigningKeys) -> str:
    """The receipt of a message; it opens for the same token only."""
    return f"{intake_id.hex}-{signing.mac(_PURPOSE, f'{intake_id}/{token_id}')}"


async def receipt_state(receipt: str, token_id: int, signing: SigningKeys) -> dict[str, str] | None:
    """`{"state", "protocol"?, "reason"?}`, or None for a receipt that is not this token's.

    A message the ledger does not know yet is still in the queue.
    """
    hexadecimal, _, mac = receipt.partition("-")
    try:
        intake_id = UUID(hex=hexadecimal)
    except ValueError:
        return None
    if not signing.mac_matches(_PURPOSE, f"{intake_id}/{token_id}", mac):
        return None
    return await state_of(intake_id) or {"state": "queued"}


async def state_of(intake_id: UUID) -> dict[str, str] | None:
    """Where the message has got to: `filed` with its protocol, number and entry, `held` or `refused`."""
    intake = await Intake.get_or_none(id=intake_id)
    if intake is None:
        return None
    entry = await Entry.get_or_none(intake_id=intake_id)
    if entry is not None:
        ticket = await Ticket.get(id=entry.ticket_id)
        return {
            "state": "filed", "protocol": ticket.protocol, "number": str(ticket.id), "entry": str(entry.id),
        }  # fmt: skip
    if intake.outcome == "held" and await Held.exists(id=intake_id, state="discarded"):
        return {"state": "refused", "reason": intake.reason or ""}
    return {"state": intake.outcome} | ({"reason": intake.reason} if intake.reason else {})


async def wait_until_filed(intake_id: UUID, timeout: timedelta) -> dict[str, str] | None:
    """The state of the message as soon as the ledger has one, or None when `timeout` is over."""
    pause = 0.01
    try:
        async with asyncio.timeout(timeout.total_seconds()):
            while (state := await state_of(intake_id)) is None:
                await asyncio.sleep(pause)
                pause = min(pause * 1.5, 0.1)
            return state
    except TimeoutError:
        return None
