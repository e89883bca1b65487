"""The clock's work: announce what is due, tell administrators who waits, publish what was released, drop the old."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog
from tortoise.expressions import F, Q
from tortoise.models import Model

from core import clock
from core.database import AWAY_ERRORS, telling_away
from core.deliveries import Delivery, DeliveryRef, DeliveryState, announce
from core.errors import Unavailable
from core.idempotency import IdempotencyKey, Said
from core.people import blocks
from core.people.tables import LinkCode, Session, SignInLink
from core.queues import Queue
from core.tickets import colleagues_digest, holding, releasing
from core.tickets.administrators.concluding import conclude_due
from core.tickets.office import Office
from core.tickets.tables import AwaitedOriginal

EVERY = timedelta(seconds=2)
SWEEP_EVERY = timedelta(minutes=1)
AT_ONCE = 500
# A fresh delivery was announced when it was committed; only a lost announcement is said again.
LOST_AFTER = timedelta(seconds=5)
SAY_AGAIN_AFTER = timedelta(seconds=30)

FORGET_SAID_AFTER = timedelta(days=1)
_FIRST_PERIOD = datetime(2000, 1, 1, tzinfo=UTC)

_log = structlog.get_logger(__name__)


async def schedule(queue: Queue, office: Office) -> None:
    """Run until cancelled; several may run, every act of it is harmless twice."""
    announced: dict[UUID, datetime] = {}
    swept_at = clock.now() - SWEEP_EVERY
    while True:
        now = clock.now()
        try:
            async with telling_away():
                await announce_due(queue, announced, now)
                await announce(queue, await conclude_due(office, now))
                await colleagues_digest.tell_administrators(queue, timedelta(days=office.profile.mail.held_days), now)
                if now - swept_at >= SWEEP_EVERY:
                    await releasing.publish_released(queue, office.sealing, now)
                    await drop_expired(now)
                    await holding.expire(office, now)
                    swept_at = now
        except (Unavailable, *AWAY_ERRORS) as error:
            _log.warning("database_away", error=type(error).__name__)
        await asyncio.sleep(EVERY.total_seconds())


async def announce_due(queue: Queue, announced: dict[UUID, datetime], now: datetime) -> Sequence[DeliveryRef]:
    """Announce what waits for its next try, what a crash left half sent, and what nobody announced.

    `announced` remembers what this scheduler said lately, so that a long queue does not grow longer.
    """
    for key in [key for key, at in announced.items() if now - at >= SAY_AGAIN_AFTER]:
        del announced[key]
    due = Q(state__in=(DeliveryState.RETRYING, DeliveryState.UNCERTAIN), next_try_at__lte=now)
    # A reply that could be taken back was announced to nobody, and its time has come.
    held_back = Q(state=DeliveryState.QUEUED, next_try_at__lte=now, next_try_at__gt=F("created_at"))
    lost = Q(state=DeliveryState.QUEUED, next_try_at__lte=now - LOST_AFTER)
    rows = await Delivery.filter(due | held_back | lost).order_by("next_try_at").limit(AT_ONCE).values("id", "channel")
    refs = [DeliveryRef(row["id"], row["channel"]) for row in rows if row["id"] not in announced]
    if refs:
        await announce(queue, refs)
        announced.update((ref.id, now) for ref in refs)
    return refs


async def drop_expired(now: datetime) -> None:
    """Forget sessions, links, codes, kept answers, said notices and awaited originals whose time is over."""
    expiring: tuple[tuple[type[Model], str], ...] = (
        (Session, "expires_at"),
        (SignInLink, "expires_at"),
        (LinkCode, "expires_at"),
        (IdempotencyKey, "expires_at"),
        (AwaitedOriginal, "expires_at"),
    )
    for model, column in expiring:
        await model.filter(**{f"{column}__lt": now}).delete()
    await blocks.drop_expired(now)
    # A row of no period yet is just being made, and one that ended lately may just be renewed.
    await Said.filter(until__lt=now - FORGET_SAID_AFTER, until__gt=_FIRST_PERIOD).delete()
