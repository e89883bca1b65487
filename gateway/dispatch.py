"""Deliveries leave here: taken, checked once more, sent and recorded. The only caller of a channel's send."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Protocol
from uuid import UUID

import structlog

from core import clock
from core.database import telling_away
from core.deliveries import Delivery, announced
from core.errors import Unavailable
from core.queues import Queue, outbound
from core.settings import Settings
from core.tickets.addressing import Withheld, address
from core.tickets.letters import Facts, PostOffice
from core.tickets.office import Office
from gateway.channels.email_out import EmailOut
from gateway.channels.failure import SendFailed
from gateway.channels.telegram_out import TelegramOut
from gateway.delivering import (
    is_too_late,
    note_failure,
    note_sent,
    put_back,
    take,
    take_back_leases,
    withhold,
)
from gateway.insisting import insist, to_the_end
from gateway.metrics import count_delivery

AT_ONCE = 10
BATCH = 5  # announcements, each of about twenty deliveries
LINGER = timedelta(milliseconds=5)
PAUSE = 1.0
LAST_SENDS = 8.0

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
        if settings.is_embedded:
            await insist(lambda: take_back_leases(clock.now()))
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
                    await to_the_end(deliver(ids, channel, office), LAST_SENDS)
                    # The rows know what became of each and the scheduler reads them: no message is needed.
                    await consumer.ack(leases)
        except Unavailable:
            _log.warning("queue_away", queue=outbound(name))
            await asyncio.sleep(PAUSE)


async def deliver(ids: Sequence[UUID], channel: Channel, office: Office) -> None:
    """Send those of `ids` that are due to whoever may still have them, and write down the outcomes."""
    deliveries = await insist(lambda: take(ids, clock.now()))
    if not deliveries:
        return
    known = await insist(lambda: _address(deliveries, office))
    slots = asyncio.Semaphore(AT_ONCE)

    async def in_turn(together: Sequence[Delivery]) -> None:
        for each in together:
            await _deliver_one(each, known[each.id], channel, office, slots)

    async with asyncio.TaskGroup() as group:
        for together in _of_one_reader(deliveries):
            group.create_task(in_turn(together))


def _of_one_reader(deliveries: Sequence[Delivery]) -> Iterable[Sequence[Delivery]]:
    """Whoever reads two about one ticket gets them in their order: first his protocol, then the answer."""
    found: dict[tuple[object, ...], list[Delivery]] = {}
    for each in deliveries:
        # Without a ticket it concerns nothing else that is sent.
        found.setdefault((each.ticket_id or each.id, each.recipient_kind, each.recipient_id), []).append(each)
    return found.values()


async def _address(deliveries: Sequence[Delivery], office: Office) -> dict[UUID, Facts | Withheld]:
    async with telling_away():
        return await address(deliveries, office, clock.now())


async def _deliver_one(
    delivery: Delivery, facts: Facts | Withheld, channel: Channel, office: Office, slots: asyncio.Semaphore
) -> None:
    async with slots:
        if is_too_late(delivery, clock.now()):
            await insist(lambda: put_back(delivery, clock.now()))
            return
        if isinstance(facts, Withheld):
            withheld = facts
            await insist(lambda: withhold(delivery, withheld, office))
            _log.info("delivery_withheld", delivery=str(delivery.id), why=withheld.why.name.lower())
            count_delivery(delivery.channel, "withheld")
            return
        failed = await _failure_of(facts, channel)
        if failed is None:
            await insist(lambda: note_sent(delivery, clock.now()))
            count_delivery(delivery.channel, "sent")
            return
        problem = failed
        state = await insist(lambda: note_failure(delivery, problem, facts.name, office, clock.now()))
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
