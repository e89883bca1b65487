"""The daily word to an organization's administrators that colleagues wait for their decision."""

from datetime import datetime, timedelta

from core.database import query, transaction
from core.decision import Reason
from core.deliveries import DeliveryKind, DeliveryRef, announce
from core.idempotency import first_time
from core.people.notices import notify
from core.people.tables import Person
from core.queues import Queue
from core.tickets.holding import HELD

AT_MOST_EVERY = timedelta(days=1)

_WAITING = '"held" WHERE "state" = $1 AND "reason" = $2 AND "organization_id"'
# What was told of a message is kept beside it and not in its row, which comes and goes with its sealed body.
_KEY = "'colleague:' || CAST(\"held\".\"id\" AS TEXT)"


async def tell_administrators(queue: Queue, keep_for: timedelta, now: datetime) -> int:
    """Write once a day to the administrators of organizations where somebody new waits; how many letters.

    `keep_for` is how long a message is held. Several may do it at once: each message is told of
    once, and each organization at most once a day. Without an administrator nobody is told yet.
    """
    letters: list[DeliveryRef] = []
    for organization_id in await _with_news():
        letters += await _tell(organization_id, now + keep_for + AT_MOST_EVERY, now)
    if letters:
        await announce(queue, letters)
    return len(letters)


async def _with_news() -> list[int]:
    """The organizations where something waits that nobody was told of."""
    rows = await query(
        f'SELECT DISTINCT "organization_id" FROM {_WAITING} IS NOT NULL'
        f' AND NOT EXISTS (SELECT 1 FROM "said" WHERE "key" = {_KEY})',
        [HELD, Reason.AWAITING_ADMINISTRATOR.value],
    )
    return [int(row["organization_id"]) for row in rows]


async def _tell(organization_id: int, forget_at: datetime, now: datetime) -> list[DeliveryRef]:
    administrators = await Person.filter(
        organization_id=organization_id, administers=True, blocked=False, merged_into_id=None
    ).order_by("id")
    if not administrators:
        return []

    async with transaction():
        if not await first_time(f"colleagues-of:{organization_id}", now, now + AT_MOST_EVERY):
            return []
        await query(
            f'INSERT INTO "said" ("key", "until") SELECT {_KEY}, $4 FROM {_WAITING} = $3 ON CONFLICT DO NOTHING',
            [HELD, Reason.AWAITING_ADMINISTRATOR.value, organization_id, forget_at],
        )
        return [await notify(DeliveryKind.COLLEAGUES_DIGEST, each, now) for each in administrators]
