"""The roles of a process: doors that open and close, and loops that run between."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from socket import socket
from weakref import WeakSet

from aiohttp import web

from core.queues import Queue
from core.settings import Settings
from core.tickets.office import Office
from gateway.ingest.desk import Desk
from gateway.listening import address_of

# Both doors, then what dispatch still sends: together less than 30 seconds (SECURITY.md X24).
IN_FLIGHT = 8
CUT_OFF = 1


@dataclass(frozen=True, slots=True)
class House:
    """Everything that is wired once; the roles take from it what they need."""

    settings: Settings
    desk: Desk
    office: Office
    queue: Queue
    http_socket: socket | None


@asynccontextmanager
async def smtp_door(house: House) -> AsyncIterator[str]:
    """Take mail until the block ends; yields the address."""
    from gateway.channels.email_smtp import finish, start_smtp
    from gateway.channels.smtp_session import MailSession

    sessions: WeakSet[MailSession] = WeakSet()
    server = await start_smtp(house.desk, sessions)
    try:
        yield address_of(server.sockets[0])
    finally:
        server.close()
        await finish(sessions, IN_FLIGHT)


@asynccontextmanager
async def http_door(house: House) -> AsyncIterator[str]:
    """Answer HTTP until the block ends; yields the address."""
    from webhooks.app import create_app
    from webhooks.counter import Counter
    from webhooks.runner import Runner

    assert house.http_socket is not None
    counter = Counter(desk=house.desk, office=house.office, queue=house.queue, settings=house.settings)
    runner = Runner(create_app(counter), handle_signals=False, access_log=None, shutdown_timeout=CUT_OFF)
    await runner.setup()
    try:
        await web.SockSite(runner, house.http_socket).start()
        yield address_of(house.http_socket)
    finally:
        await runner.finish_requests(IN_FLIGHT)
        await runner.cleanup()


async def _work(house: House) -> None:
    from gateway.worker import work

    await work(house.queue, house.office)


async def _fetch_mail(house: House) -> None:
    from gateway.channels.email_imap import fetch_mail

    await fetch_mail(house.desk)


async def _dispatch(house: House) -> None:
    from gateway.dispatch import dispatch

    await dispatch(house.queue, house.office, house.settings)


async def _schedule(house: House) -> None:
    from gateway.collecting import collect_daily
    from gateway.scheduler import schedule
    from gateway.sealing import seal_each_second

    async with asyncio.TaskGroup() as group:
        group.create_task(schedule(house.queue, house.office))
        group.create_task(collect_daily(house.queue, house.office))
        group.create_task(seal_each_second(house.office.signing))


# Imported when they run, so that a process loads only the libraries of its own roles.
LOOPS: dict[str, Callable[[House], Coroutine[None, None, None]]] = {
    "imap": _fetch_mail,
    "worker": _work,
    "dispatch": _dispatch,
    "scheduler": _schedule,
}
