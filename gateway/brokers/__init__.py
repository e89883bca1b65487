"""The brokers behind the queue port: the right one for the settings, with sealed bodies."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from core.keys import SealingKeys
from core.queues import INBOUND, Queue, outbound
from core.settings import Settings
from gateway.brokers.local import LocalQueue
from gateway.brokers.rabbitmq import RabbitQueue
from gateway.brokers.sealed import SealedQueue

QUEUES = (INBOUND, outbound("email"), outbound("telegram"))


@asynccontextmanager
async def open_queue(settings: Settings, sealing: SealingKeys) -> AsyncIterator[Queue]:
    """The queue `GUICHE_BROKER_URL` names, until the block ends."""
    queue = await _open(settings)
    try:
        yield SealedQueue(queue, sealing)
    finally:
        await queue.close()


async def _open(settings: Settings) -> Queue:
    if settings.broker_url == "local:":
        return LocalQueue(settings.data_dir / "queue.sqlite3")
    queue = RabbitQueue(settings.broker_url, settings.broker_prefix)
    await queue.open(QUEUES)
    return queue
