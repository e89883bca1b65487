"""The composition root: the one place that wires a process, starts it and ends it cleanly."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import structlog

try:
    import uvloop
except ImportError:
    uvloop = None  # type: ignore[assignment]

from core.attachments import open_blobs
from core.database import AWAY_ERRORS, open_database, require_migrated
from core.errors import Misconfigured
from core.keys import SealingKeys, SigningKeys
from core.people.block_list import BlockList
from core.people.directory import Directory
from core.profile_loading import load_profile
from core.settings import Settings
from core.tickets.office import Office
from gateway.brokers import open_queue
from gateway.carrying import carry
from gateway.ingest.authentication.prover import Prover
from gateway.ingest.desk import Desk
from gateway.ingest.scanning import Clamd
from gateway.journal import open_journal
from gateway.listening import address_of, bind
from gateway.ready import announce, held, mark_demo
from gateway.roles import LOOPS, House, http_door, smtp_door

DATABASE_PATIENCE = timedelta(minutes=1)

_log = structlog.get_logger(__name__)

OnReady = Callable[[dict[str, str | None]], None]
Prepare = Callable[[], Awaitable[None]]


def serve(settings: Settings, on_ready: OnReady | None = None, prepare: Prepare | None = None) -> None:
    """`run` in an event loop of its own, the faster one where it installs, with the journal open."""
    open_journal(settings.log_format)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop if uvloop else None) as runner:
        runner.run(run(settings, on_ready, prepare))


async def run(
    settings: Settings, on_ready: OnReady | None = None, prepare: Prepare | None = None
) -> None:
    """Serve the roles of `settings` until SIGTERM or SIGINT, then finish what is in flight.

    `prepare` runs first, once the data directory is ours and before anything is opened.
    `on_ready` hears the addresses once everything listens. Raises `Misconfigured` when the process
    cannot start, and SystemExit(1) when a role dies.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    with held(settings.data_dir):
        if settings.is_demo:
            mark_demo(settings.data_dir)
        if prepare is not None:
            await prepare()
        if await _database_is_ready(settings.database_url, stop):
            async with _house(settings) as house:
                await _serve(house, stop, on_ready)


async def _database_is_ready(url: str, stop: asyncio.Event) -> bool:
    """Wait a while for a database that is still starting; False when told to stop meanwhile."""
    deadline = asyncio.get_running_loop().time() + DATABASE_PATIENCE.total_seconds()
    while not stop.is_set():
        try:
            async with open_database(url):
                await require_migrated()
            return True
        except AWAY_ERRORS as error:
            if asyncio.get_running_loop().time() > deadline:
                raise Misconfigured(["GUICHE_DATABASE_URL: the database does not answer"]) from error
            _log.warning("database_away", error=type(error).__name__)
        try:
            async with asyncio.timeout(1):
                await stop.wait()
        except TimeoutError:
            continue
    return False


@asynccontextmanager
async def _house(settings: Settings) -> AsyncIterator[House]:
    async with AsyncExitStack() as stack:
        http_socket = None
        if "http" in settings.roles:
            # Bound first: links in mails need the real port.
            http_socket = stack.enter_context(bind(settings.http_listen, "GUICHE_HTTP_LISTEN"))
            settings = replace(settings, base_url=settings.base_url or f"http://{address_of(http_socket)}")
        profile = load_profile(settings.profile)
        signing, sealing = SigningKeys(settings.secret_key), SealingKeys(settings.data_keys)
        blobs = open_blobs(settings.blobs_url, settings.data_dir)
        await stack.enter_async_context(open_database(settings.database_url))
        queue = await stack.enter_async_context(open_queue(settings, sealing, forwards=True))
        prover = Prover(settings.dns_server, frozenset(profile.mail.arc_sealers))
        scanner = Clamd(*settings.clamd) if settings.clamd else None
        desk = Desk(
            settings, profile, signing, Directory(profile), blobs, queue, prover=prover, scanner=scanner,
            blocks=BlockList(signing),
        )  # fmt: skip
        yield House(settings, desk, Office(profile, signing, sealing, blobs), queue, http_socket)


async def _serve(house: House, stop: asyncio.Event, on_ready: OnReady | None) -> None:
    try:
        async with asyncio.TaskGroup() as group:
            loops = [
                group.create_task(loop(house), name=role)
                for role, loop in LOOPS.items()
                if role in house.settings.roles
            ]
            loops.append(group.create_task(carry(house.desk.blobs), name="carry"))
            await _keep_doors_open(house, stop, on_ready)
            # The loops end after the doors: what a request waits for is still being filed.
            for task in loops:
                task.cancel()
    except ExceptionGroup as failures:
        for failure in failures.exceptions:
            if isinstance(failure, Misconfigured):
                raise failure from failures
            _log.error("role_failed", exc_info=failure)
        raise SystemExit(1) from failures


async def _keep_doors_open(house: House, stop: asyncio.Event, on_ready: OnReady | None) -> None:
    async with AsyncExitStack() as doors:
        addresses: dict[str, str | None] = {"smtp": None, "http": None}
        for role, door in (("smtp", smtp_door), ("http", http_door)):
            if role in house.settings.roles:
                addresses[role] = await doors.enter_async_context(door(house))
        announce(house.settings.data_dir, addresses)
        _log.info("ready", **addresses)
        if on_ready is not None:
            on_ready(addresses)

        await stop.wait()
        _log.info("stopping")
