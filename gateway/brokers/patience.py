"""Waiting out trouble that passes: the same act again, at growing distances."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from core.errors import Unavailable

_FIRST = 0.2
_LONGEST = 5.0

T = TypeVar("T")
_log = structlog.get_logger(__name__)


async def persist(act: Callable[[], Awaitable[T]], event: str) -> T:
    """The result of `act`, repeated while it raises `Unavailable`; `event` is logged once."""
    wait = _FIRST
    while True:
        try:
            return await act()
        except Unavailable as error:
            if wait == _FIRST:
                _log.warning(event, cause=str(error))
            await asyncio.sleep(wait)
            wait = min(wait * 2, _LONGEST)
