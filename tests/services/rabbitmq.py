"""RabbitMQ for the tests: a broker that answers, else a private one."""

import asyncio
import logging
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aio_pika

from gateway.brokers import QUEUES
from gateway.brokers.rabbit_topology import DELAYS, Topology
from tests.services.packages import program
from tests.services.private_rabbitmq import private_broker

OVERRIDE = "TEST_RABBIT_URL"
USUAL = ("amqp://guest:guest@127.0.0.1:5672/",)
SERVER = "/usr/lib/rabbitmq/bin"


def reachable() -> str | None:
    """The URL of a broker where we may declare queues, or None."""
    candidates = [os.environ[OVERRIDE]] if OVERRIDE in os.environ else list(USUAL)
    return next((url for url in candidates if asyncio.run(_serves(url))), None)


async def _serves(url: str) -> bool:
    logging.getLogger("aio_pika").setLevel(logging.CRITICAL)
    # Whatever the reason why this broker will not do, a private one will.
    try:
        connection = await aio_pika.connect(url, timeout=5)
        await connection.close()
    except Exception:
        return False
    return True


def installed() -> Path:
    """The broker's program, installed if need be."""
    return program("rabbitmq-server", "rabbitmq-server", SERVER)


@contextmanager
def server() -> Iterator[str]:
    """The URL of a broker for as long as the block runs."""
    url = reachable()
    if url is not None:
        yield url
        return
    installed()
    with private_broker() as broker:
        yield broker.url


@contextmanager
def fresh_prefix(url: str) -> Iterator[str]:
    """A prefix nobody else uses; its queues and exchanges are deleted at the end."""
    prefix = f"guiche-test-{secrets.token_hex(6)}"
    try:
        yield prefix
    finally:
        asyncio.run(_delete(url, Topology(prefix)))


async def _delete(url: str, topology: Topology) -> None:
    delays = [f"{topology.prefix}.retry.{delay}" for delay in DELAYS]
    queues = [name for queue in QUEUES for name in topology.queues(queue)]
    connection = await aio_pika.connect(url, timeout=30)
    async with connection, connection.channel() as channel:
        for name in (*queues, *delays, topology.dead):
            await channel.queue_delete(name)
        for name in (*delays, topology.prefix):
            await channel.exchange_delete(name)
