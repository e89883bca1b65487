"""The brokers behind the queue port: the right one for the settings, with sealed bodies."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from core.keys import SealingKeys
from core.queues import INBOUND, Queue, outbound
from core.settings import Settings
from gateway.brokers.backlog import Backlog
from gateway.brokers.forwarding import ForwardingQueue
from gateway.brokers.local import LocalQueue
from gateway.brokers.rabbitmq import RabbitQueue
from gateway.brokers.sealed import SealedQueue

BACKLOG = "forward.sqlite3"
QUEUES = (INBOUND, outbound("email"), outbound("telegram"))


@asynccontextmanager
async def open_queue(
    settings: Settings, sealing: SealingKeys, *, forwards: bool = False
) -> AsyncIterator[Queue]:
    """The queue `GUICHE_BROKER_URL` names, until the block ends.

    With `forwards` what a broker that is away cannot take waits in the data directory, which must
    be this process's own. Raises `Misconfigured` where it is not.
    """
    queue = await _open(settings, forwards=forwards)
    try:
        yield SealedQueue(queue, sealing)
    finally:
        await queue.close()


async def _open(settings: Settings, *, forwards: bool) -> Queue:
    if settings.broker_url == "local:":
        return LocalQueue(settings.data_dir / "queue.sqlite3")
    broker = RabbitQueue(settings.broker_url, settings.broker_prefix)
    if not forwards:
        await broker.open(QUEUES)
        return broker
    queue = ForwardingQueue(broker, Backlog(settings.data_dir / BACKLOG, settings.forward_max_bytes))
    # What waits is known before the broker is asked: it may take its time to be away.
    await queue.open()
    await broker.open(QUEUES)
    return queue
