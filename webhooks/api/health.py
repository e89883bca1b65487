"""How the process is doing, for machines: alive, ready, and its figures."""

import asyncio

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from core.database import is_reachable
from core.errors import Unavailable
from core.queues import INBOUND, Queue
from gateway.metrics import REGISTRY
from webhooks.counter import counter_of

routes = web.RouteTableDef()

PATIENCE_SECONDS = 3.0


@routes.get("/healthz")
async def healthz(_: web.Request) -> web.Response:
    """200 while the process answers at all; says nothing of what it depends on."""
    return web.json_response({"status": "ok"})


@routes.get("/readyz")
async def readyz(request: web.Request) -> web.Response:
    """200 when database and queue can be reached, else 503; names which, and no address."""
    database, queue = await asyncio.gather(is_reachable(), _takes_messages(counter_of(request).queue))
    words = {"status": _word(database and queue), "database": _word(database), "queue": _word(queue)}
    return web.json_response(words, status=200 if database and queue else 503)


async def _takes_messages(queue: Queue) -> bool:
    """Whether a publish would go through now; nothing is published."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await queue.publish(INBOUND, [])
    except (Unavailable, TimeoutError):
        return False
    return True


def _word(is_well: bool) -> str:  # noqa: FBT001 - a predicate's answer in words
    return "ok" if is_well else "unavailable"


@routes.get("/metrics")
async def metrics(_: web.Request) -> web.Response:
    """This process's counts in Prometheus' text format."""
    return web.Response(body=generate_latest(REGISTRY), headers={"Content-Type": CONTENT_TYPE_LATEST})
