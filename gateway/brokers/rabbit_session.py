"""One connection to RabbitMQ with one channel: opened whole or not at all, never waited on for ever."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import cast

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection
from aio_pika.exceptions import AMQPError, ChannelInvalidStateError, DeliveryError
from aiormq import Channel as Wire

from core.errors import Unavailable
from gateway.brokers.rabbit_topology import Topology

# Longer than this without an answer, and the broker counts as away.
PATIENCE = 10.0
# The broker, too, must notice soon: until then a dead connection is the one that reads inbound.
_HEARTBEAT = 5
_FAREWELL = 1.0

TROUBLE = (AMQPError, ChannelInvalidStateError, OSError, TimeoutError)


class Declined(Unavailable):
    """The broker is there and would not have this message: its queue is full, or is not there."""


@asynccontextmanager
async def broker_trouble() -> AsyncIterator[None]:
    """Give the broker `PATIENCE` for the block; whatever goes wrong with it is `Unavailable`."""
    try:
        async with asyncio.timeout(PATIENCE):
            yield
    except DeliveryError as error:
        raise Declined("the broker declined a message") from error
    except TROUBLE as error:
        raise Unavailable(f"the broker is away ({type(error).__name__})") from error
    except asyncio.CancelledError as error:
        # aiormq cancels what waits on a connection that it closes; a cancelled task is another thing.
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise Unavailable("the broker is away (connection closed)") from error


@dataclass(frozen=True, slots=True)
class Session:
    """An open connection, its channel with confirms, and what has been declared on it.

    `channel` serves declarations, `wire` is the thin channel below it, for all that is frequent.
    """

    connection: AbstractConnection
    channel: AbstractChannel
    wire: Wire
    topology: Topology
    declared: set[str] = field(default_factory=set)

    @property
    def is_open(self) -> bool:
        return not (self.connection.is_closed or self.channel.is_closed)

    async def declare(self, queue: str, *, again: bool = False) -> None:
        """Make sure that `queue` is there, once for each session; `again` repairs everything."""
        if again:
            await self.topology.declare_ground(self.channel)
        if again or queue not in self.declared:
            await self.topology.declare(self.channel, queue)
            self.declared.add(queue)

    async def close(self) -> None:
        """Say goodbye; a broker that does not answer is left standing."""
        await _close(self.connection)


async def open_session(url: str, topology: Topology) -> Session:
    """Connect and declare the ground, or raise `Unavailable`.

    This is not aio-pika's robust connection: that one restores state in the background and has
    come back without its consumers. Here whoever needs the broker opens a new session himself.
    """
    async with broker_trouble():
        connection = await aio_pika.connect(url, heartbeat=_HEARTBEAT, timeout=PATIENCE / 2)
        try:
            # Without on_return_raises an unroutable message counts as sent (SECURITY.md M14).
            channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
            await topology.declare_ground(channel)
            wire = cast("Wire", await channel.get_underlay_channel())
        except BaseException:
            await _close(connection)
            raise
    return Session(connection, channel, wire, topology)


async def _close(connection: AbstractConnection) -> None:
    with suppress(*TROUBLE):
        async with asyncio.timeout(_FAREWELL):
            await connection.close()
