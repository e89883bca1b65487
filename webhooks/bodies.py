"""A deadline for bodies: 30 seconds without a byte, or 5 minutes in all, closes the connection (F06)."""

import asyncio
from dataclasses import dataclass

from aiohttp import web

from core.decision import Reason
from core.errors import Refused
from webhooks.problems import Handler

IDLE_SECONDS = 30.0
TOTAL_SECONDS = 300.0


@dataclass(slots=True)
class Patience:
    """How long a body may take; tests bring a shorter one."""

    idle: float = IDLE_SECONDS
    total: float = TOTAL_SECONDS


PATIENCE = web.AppKey("patience", Patience)


@web.middleware
async def body_deadline(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Watch the body arrive while the handler works, whoever reads it."""
    # Never inflated: a few octets would become gigabytes, even unread (F02).
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Refused(Reason.BAD_REQUEST)
    if request.content.is_eof() or not request.can_read_body:
        return await handler(request)
    watch = _Watch(request, request.app[PATIENCE])
    watch.start()
    try:
        return await handler(request)
    finally:
        watch.stop()


class _Watch:
    """Looks at the count of received bytes from time to time, by timer, without a task of its own."""

    def __init__(self, request: web.Request, patience: Patience) -> None:
        self._request = request
        self._patience = patience
        self._loop = asyncio.get_running_loop()
        self._began = self._heard = self._loop.time()
        self._received = 0
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        self._timer = self._loop.call_later(self._patience.idle / 10, self._look)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _look(self) -> None:
        content = self._request.content
        if content.is_eof():
            return
        now = self._loop.time()
        if content.total_bytes != self._received:
            self._received, self._heard = content.total_bytes, now
        if now - self._heard >= self._patience.idle or now - self._began >= self._patience.total:
            if self._request.transport is not None:
                self._request.transport.abort()
            return
        self.start()
