"""Once a day, bytes that nothing refers to are collected."""

import asyncio
from datetime import datetime, timedelta

import structlog

from core import clock
from core.database import AWAY_ERRORS, telling_away
from core.errors import Unavailable
from core.queues import Queue
from core.tickets.office import Office
from core.tickets.orphans import collect

EVERY = timedelta(days=1)
# Not while everything starts; and after trouble, such as a store that is away.
SOON = timedelta(hours=1)

_log = structlog.get_logger(__name__)


async def collect_daily(queue: Queue, office: Office) -> None:
    """Run until cancelled; several may run."""
    pause = SOON
    while True:
        await asyncio.sleep(pause.total_seconds())
        pause = EVERY if await collect_once(queue, office, clock.now()) else SOON


async def collect_once(queue: Queue, office: Office, now: datetime) -> bool:
    """Whether it was done: not while dead letters wait, for they may refer to any bytes."""
    try:
        async with telling_away():
            if dead := len(await queue.dead_letters()):
                _log.warning("orphans_left_for_dead_letters", dead_letters=dead)
                return False
            destroyed = await collect(office.blobs, now)
    except (Unavailable, *AWAY_ERRORS) as error:
        _log.warning("orphans_not_collected", error=type(error).__name__)
        return False
    _log.info("orphans_collected", destroyed=destroyed)
    return True
