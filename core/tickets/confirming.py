"""Whether an address in an unproven form is its writer's own: asked by mail, answered by a page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from core.database import telling_away, transaction
from core.decision import Reason
from core.deliveries import Delivery, DeliveryKind, DeliveryRef, announce, seal_recipient
from core.errors import Refused
from core.idempotency import first_time
from core.ids import new_id
from core.keys import SigningKeys
from core.message import InboundMessage
from core.people.actor import SYSTEM
from core.policy.sensitive import masked
from core.queues import Queue
from core.tickets.holding import HELD, opened
from core.tickets.letters import CONFIRM
from core.tickets.office import Office
from core.tickets.releasing import ReleaseDesk, release
from core.tickets.tables import Held, Intake

ASKED_AT_MOST_EVERY = timedelta(hours=1)
STILL_QUEUED = timedelta(seconds=30)
_LONGEST = 50


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """One message that waits for its address, as its writer may recognise it."""

    held_id: UUID
    title: str
    received_at: datetime


async def ask(message: InboundMessage, office: Office, queue: Queue, now: datetime, *, is_held: bool) -> None:
    """Send one mail to the address, unless one went there within the hour.

    A message the worker has not held yet is asked about a moment later: dispatch sends nothing
    about a message that does not wait.
    """
    said = f"confirm:{message.sender_hash}"
    async with telling_away(), transaction():
        if not await first_time(said, now, now + ASKED_AT_MOST_EVERY):
            return
        delivery = await Delivery.create(
            id=new_id(), kind=DeliveryKind.CONFIRM_ADDRESS, channel="email", recipient_kind="address",
            recipient_sealed=seal_recipient(office.sealing, message.author.email),
            detail=str(message.intake_id), next_try_at=now if is_held else now + STILL_QUEUED, created_at=now,
        )  # fmt: skip
    if is_held:
        await announce(queue, [DeliveryRef(delivery.id, delivery.channel)])


def held_id_in(token: str, signing: SigningKeys) -> UUID | None:
    """The held message a link was made for, or None for a link we never made."""
    text, _, mac = token.partition(".")
    try:
        held_id = UUID(text)
    except ValueError:
        return None
    return held_id if signing.mac_matches(CONFIRM, str(held_id), mac) else None


async def waiting(held_id: UUID, office: Office) -> list[Unconfirmed]:
    """What waits for the address of `held_id`, oldest first: one mail an hour asks for all of it."""
    asked = await Intake.get_or_none(id=held_id)
    if asked is None:
        return []
    rows = await Intake.filter(
        sender_hash=asked.sender_hash, channel=asked.channel, reason=Reason.ADDRESS_NOT_CONFIRMED.value
    ).values_list("id", flat=True)
    held = await Held.filter(
        id__in=list(rows), state=HELD, reason=Reason.ADDRESS_NOT_CONFIRMED.value
    ).order_by("received_at").limit(_LONGEST)
    return [_shown(each, office) for each in held]


def _shown(row: Held, office: Office) -> Unconfirmed:
    return Unconfirmed(row.id, masked(opened(row, office.sealing).title, office.profile.sensitive), row.received_at)


async def confirm(messages: Sequence[Unconfirmed], desk: ReleaseDesk, now: datetime) -> int:
    """Release them; how many went on. One that another rule stops stays held."""
    released = 0
    for each in messages:
        try:
            await release(str(each.held_id), SYSTEM, desk, now)
            released += 1
        except Refused:
            continue
    return released
