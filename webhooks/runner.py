"""Connections of the counter: slow heads are closed, and what no parser reads is answered politely."""

import asyncio
import json
from typing import Any

import structlog
from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from core import clock
from core.decision import Reason
from core.policy.reasons import public_text
from webhooks.counter import COUNTER

HEAD_SECONDS = 30.0
_log = structlog.get_logger(__name__)


class Runner(web.AppRunner):
    """aiohttp's runner with our handler of connections."""

    async def finish_requests(self, seconds: float) -> None:
        """Stop listening, and give the requests under way this long to end.

        aiohttp's own end comes after: it reads no more bodies, so an upload would hang until cut.
        """
        for site in list(self.sites):
            await site.stop()
        deadline = asyncio.get_running_loop().time() + seconds
        # aiohttp tells nobody when a request ends.
        while self._is_busy() and asyncio.get_running_loop().time() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(0.02)

    def _is_busy(self) -> bool:
        connections = self.server.connections if self.server else []
        return any(isinstance(each, _Handler) and each.is_busy for each in connections)

    async def _make_server(self) -> web.Server:
        return _Server(await super()._make_server(), self.app)


class _Server(web.Server):
    """Makes a handler for each connection."""

    def __init__(self, server: web.Server, app: web.Application) -> None:
        arguments = server._kwargs  # noqa: SLF001 - aiohttp has no other way to a handler of one's own
        super().__init__(server.request_handler, request_factory=server.request_factory, **arguments)
        self._app = app

    def __call__(self) -> RequestHandler:
        handler = _Handler(self, loop=self._loop, **self._kwargs)
        handler.app = self._app
        return handler


class _Handler(RequestHandler):
    """One connection. What aiohttp's parser refuses is answered like every other problem."""

    __slots__ = ("_head_timer", "app")
    app: web.Application
    _head_timer: asyncio.TimerHandle

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        loop = asyncio.get_running_loop()
        self._head_timer = loop.call_later(HEAD_SECONDS, self._close_if_silent)

    def connection_lost(self, exc: BaseException | None) -> None:
        self._head_timer.cancel()
        super().connection_lost(exc)

    @property
    def is_busy(self) -> bool:
        """Whether a request was begun here and is not answered yet."""
        return self._request_in_progress

    def _close_if_silent(self) -> None:
        # Who connects and sends no whole head holds a socket for nothing (F06).
        if self._request_count == 0 and self.transport is not None:
            self.transport.close()

    def handle_error(self, request: Any, status: int = 500, exc: Any = None, *_: Any, **__: Any) -> Any:
        if request.writer.output_size > 0:
            raise ConnectionError("an answer is under way already")
        _log.info("unreadable_request", error=type(exc).__name__, status=status)
        reason = Reason.BAD_REQUEST if status < 500 else Reason.TEMPORARILY_UNAVAILABLE
        profile = self.app[COUNTER].desk.profile
        text = public_text(reason, profile.language, profile, clock.now())
        response = web.Response(
            status=status if status < 500 else 503,
            text=json.dumps({"code": reason.value, "title": text, "detail": text}, ensure_ascii=False),
            content_type="application/problem+json",
            headers={"Server": "guiche", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"},
        )
        response.force_close()
        return response
