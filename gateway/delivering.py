"""The rows of deliveries on their way out: taken by one dispatcher alone, and what became of each."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from tortoise.queryset import QuerySet

from core.database import query, telling_away
from core.deliveries import Delivery, DeliveryState, next_try
from core.tickets.addressing import Withheld
from core.tickets.failing import note_failed_delivery
from core.tickets.office import Office
from core.tickets.sparing import WAITING, Why
from core.tickets.suspecting import note_suspected_loop
from gateway.channels.failure import SendFailed

# Longer than any send may last (gateway/channels/relay.py): what is still uncertain then has crashed.
LEASE = timedelta(minutes=5)
# A send that begins later could outlive its lease, and another dispatcher would send the same.
BEGIN_WITHIN = timedelta(seconds=45)


async def take(ids: Sequence[UUID], now: datetime) -> list[Delivery]:
    """Those of `ids` that are due and that nobody else has; each is ours for the length of a lease.

    From here until its outcome is written a delivery is `uncertain`, which is the truth: after a
    crash nobody knows whether the other side took it. It is then tried again with the same
    Message-ID (O11).
    """
    # Sorted, so that two dispatchers never wait for each other in opposite order; one conditional
    # update decides between two that heard of the same delivery.
    wanted = sorted(set(ids))
    states = [state.value for state in WAITING]
    values = [DeliveryState.UNCERTAIN.value, now + LEASE, now, *states, *wanted]
    places = [f"${number}" for number in range(4, len(values) + 1)]
    async with telling_away():
        taken = await query(
            'UPDATE "delivery" SET "state" = $1, "attempts" = "attempts" + 1, "next_try_at" = $2'
            f' WHERE "next_try_at" <= $3 AND "state" IN ({", ".join(places[: len(states)])})'
            f' AND "id" IN ({", ".join(places[len(states) :])}) RETURNING "id"',
            values,
        )
        return await Delivery.filter(id__in=[row["id"] for row in taken]).order_by("id")


async def take_back_leases(now: datetime) -> None:
    """What the only dispatcher of a data directory had in hand when it was killed is due at once.

    Where there may be others, nobody knows whose a lease is, and it runs out.
    """
    async with telling_away():
        await Delivery.filter(state=DeliveryState.UNCERTAIN, next_try_at__gt=now).update(next_try_at=now)


def is_too_late(delivery: Delivery, now: datetime) -> bool:
    """Whether a taken delivery waited so long for its turn that it must not begin any more."""
    return now > delivery.next_try_at - LEASE + BEGIN_WITHIN


async def put_back(delivery: Delivery, now: datetime) -> None:
    """Nothing was sent: whoever is free takes it anew."""
    state = DeliveryState.RETRYING if delivery.attempts > 1 else DeliveryState.QUEUED
    async with telling_away():
        await _still_ours(delivery).update(state=state, attempts=delivery.attempts - 1, next_try_at=now)


async def note_sent(delivery: Delivery, now: datetime) -> None:
    """The other side took it; its bounce may have been quicker."""
    async with telling_away():
        await Delivery.filter(id=delivery.id).exclude(state=DeliveryState.FAILED).update(
            state=DeliveryState.SENT, sent_at=now, last_error=None
        )


async def withhold(delivery: Delivery, withheld: Withheld, office: Office) -> None:
    """It does not leave; where a loop is suspected the ticket says so."""
    if withheld.why is Why.LOOP:
        await note_suspected_loop(delivery, withheld.name, office)
        return
    async with telling_away():
        await Delivery.filter(id=delivery.id).update(state=DeliveryState.WITHHELD, last_error=withheld.why.value)


async def note_failure(
    delivery: Delivery, failed: SendFailed, name: str, office: Office, now: datetime
) -> DeliveryState:
    """Try again later, or for the last time: then the ticket says so. The state it is left in."""
    at = None if failed.permanent else next_try(delivery.attempts, delivery.created_at, now)
    if at is None:
        await note_failed_delivery(delivery, name, failed.reason, office)
        return DeliveryState.FAILED
    if failed.retry_after is not None:
        at = max(at, now + failed.retry_after)
    async with telling_away():
        await _still_ours(delivery).update(
            state=DeliveryState.RETRYING, next_try_at=at, last_error=failed.reason[:200]
        )
    return DeliveryState.RETRYING


def _still_ours(delivery: Delivery) -> QuerySet[Delivery]:
    """The row as we took it: a database that was away longer than our lease let somebody else have it."""
    return Delivery.filter(id=delivery.id, state=DeliveryState.UNCERTAIN, attempts=delivery.attempts)
