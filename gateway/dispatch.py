"""Deliveries leave here: taken, checked once more, sent and recorded. The only caller of a channel's send."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import timedelta
from itertools import count
from typing import Protocol, TypeVar
from uuid import UUID

import structlog

from core import clock
from core.database import AWAY_ERRORS, telling_away
from core.deliveries import Delivery, announced
from core.errors import Unavailable
from core.queues import Queue, outbound
from core.settings import Settings
from core.tickets.addressing import address
from core.tickets.letters import Facts, PostOffice
from core.tickets.office import Office
from gateway.channels.email_out import EmailOut
from gateway.channels.failure import SendFailed
from gateway.channels.telegram_out import TelegramOut
from gateway.delivering import note_failure, note_sent, take, withhold
from gateway.metrics import count_delivery

AT_ONCE = 10
BATCH = 5  # announcements, each of about twenty deliveries
LINGER = timedelta(milliseconds=5)
PAUSE = 1.0
MAX_ODD_ANSWERS = 10
LAST_SENDS = 8.0

T = TypeVar("T")
_log = structlog.get_logger(__name__)


class Channel(Protocol):
    """A way out."""

    async def send(self, facts: Facts) -> None:
        """Return once the other side took it; raises `SendFailed`."""

    async def close(self) -> None:
        """Let go of what is kept open."""


async def dispatch(queue: Queue, office: Office, settings: Settings) -> None:
    """Run until cancelled, then let the sends under way come to their end."""
    post = PostOffice(office.profile, office.signing, settings.base_url)
    channels: dict[str, Channel] = {
        "email": EmailOut(settings, post, office.blobs),
        "telegram": TelegramOut(settings, post),
    }
    try:
        async with asyncio.TaskGroup() as group:
            for name, channel in channels.items():
                group.create_task(_serve(queue, name, channel, office))
    finally:
        for channel in channels.values():
            await channel.close()


async def _serve(queue: Queue, name: str, channel: Channel, office: Office) -> None:
    while True:
        try:
            async with queue.consume(outbound(name), limit=BATCH, linger=LINGER) as consumer:
                while True:
                    leases = await consumer.next_batch()
                    ids = [each for lease in leases for each in announced(lease.publication.body)]
                    await _to_the_end(deliver(ids, channel, office))
                    # The rows know what became of each and the scheduler reads them: no message is needed.
                    await consumer.ack(leases)
        except Unavailable:
            _log.warning("queue_away", queue=outbound(name))
            await asyncio.sleep(PAUSE)


async def _to_the_end(work: Coroutine[None, None, None]) -> None:
    """Finish a batch even when told to stop: a send cut short would be sent twice."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task}, timeout=LAST_SENDS)
        task.cancel()
        await asyncio.wait({task})
        raise


async def deliver(ids: Sequence[UUID], channel: Channel, office: Office) -> None:
    """Send those of `ids` that are due to whoever may still have them, and write down the outcomes."""
    deliveries = await _insist(lambda: take(ids, clock.now()))
    if not deliveries:
        return
    known = await _insist(lambda: _address(deliveries, office))
    slots = asyncio.Semaphore(AT_ONCE)
    async with asyncio.TaskGroup() as group:
        for delivery in deliveries:
            group.create_task(_deliver_one(delivery, known[delivery.id], channel, office, slots))


async def _address(deliveries: Sequence[Delivery], office: Office) -> dict[UUID, Facts | None]:
    async with telling_away():
        return await address(deliveries, office)


async def _deliver_one(
    delivery: Delivery, facts: Facts | None, channel: Channel, office: Office, slots: asyncio.Semaphore
) -> None:
    async with slots:
        if facts is None:
            await _insist(lambda: withhold(delivery))
            _log.info("delivery_withheld", delivery=str(delivery.id))
            count_delivery(delivery.channel, "withheld")
            return
        failed = await _failure_of(facts, channel)
        if failed is None:
            await _insist(lambda: note_sent(delivery, clock.now()))
            count_delivery(delivery.channel, "sent")
            return
        problem = failed
        state = await _insist(lambda: note_failure(delivery, problem, facts.name, office, clock.now()))
        _log.warning("delivery_not_sent", delivery=str(delivery.id), state=state.value, attempt=delivery.attempts)
        count_delivery(delivery.channel, state.value)


async def _failure_of(facts: Facts, channel: Channel) -> SendFailed | None:
    try:
        await channel.send(facts)
    except SendFailed as failed:
        return failed
    except Unavailable:
        return SendFailed("a part of ours is away")
    except Exception:  # noqa: BLE001 - whatever it was, the delivery is written down and tried again
        # A mistake of ours must not lose the mail: a mended program sends it.
        _log.exception("send_broke", delivery=str(facts.delivery.id))
        return SendFailed("the message could not be made")
    return None


async def _insist(ask: Callable[[], Awaitable[T]]) -> T:
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
