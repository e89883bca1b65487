"""Coming to an end: work that outlives a cancellation, and questions a database must answer sooner or later."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from itertools import count
from typing import TypeVar

import structlog

from core.database import AWAY_ERRORS
from core.errors import Unavailable

PAUSE = 1.0
MAX_ODD_ANSWERS = 10

T = TypeVar("T")
_log = structlog.get_logger(__name__)


async def to_the_end(work: Coroutine[None, None, None], seconds: float) -> None:
    """Await `work`; when told to stop, let it go on for so long: a send cut short would be sent twice."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task}, timeout=seconds)
        task.cancel()
        await asyncio.wait({task})
        raise


async def insist(ask: Callable[[], Awaitable[T]]) -> T:
    """Ask the database until it is there: what was sent must not be forgotten.

    An error while it does answer may be a connection that broke; one that stays is ours, and raises.
    """
    for patience in count():
        try:
            return await ask()
        except Unavailable:
            _log.warning("database_away")
        except AWAY_ERRORS as error:
            if patience > MAX_ODD_ANSWERS:
                raise
            _log.warning("database_odd", error=type(error).__name__)
        await asyncio.sleep(PAUSE)
    raise AssertionError("count() never ends")
