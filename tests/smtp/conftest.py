"""The SMTP door at work inside the test: a real listener, the demo cast, a queue in memory."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from core import clock
from core.attachments import FileBlobs
from core.database import open_database
from core.keys import Key, SigningKeys
from core.people import demo_cast
from core.people.block_list import BlockList
from core.people.directory import Directory
from core.profile import Profile
from core.profile_loading import load_profile
from core.settings import load_settings
from gateway.channels.email_smtp import start_smtp
from gateway.ingest.authentication.prover import Prover
from gateway.ingest.desk import Desk
from tests.fakes.queue import MemoryQueue
from tests.smtp.client import Client

Open = Callable[..., AbstractAsyncContextManager["OpenDoor"]]


@dataclass
class OpenDoor:
    """A listening door and its clients."""

    desk: Desk
    queue: MemoryQueue
    port: int
    clients: list[Client] = field(default_factory=list)

    async def client(self) -> Client:
        """A fresh connection that has heard and said nothing yet."""
        self.clients.append(await Client.connect(self.port))
        return self.clients[-1]

    async def guest(self) -> Client:
        """A connection past EHLO."""
        return await (await self.client()).greet()


@pytest.fixture(scope="session")
def cast(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the demo cast of `instituicoes`, to copy."""
    path = tmp_path_factory.mktemp("cast") / "guiche.sqlite3"
    shutil.copy(migrated_sqlite, path)

    async def load() -> None:
        async with open_database(f"sqlite://{path}"):
            await demo_cast.load(load_profile("instituicoes"), clock.now())

    asyncio.run(load())
    return path


@pytest.fixture
async def open_door(cast: Path, tmp_path: Path) -> AsyncIterator[Open]:
    """`open_door(**settings)`: a door over a copy of the cast's database; `change` makes another desk of the profile."""
    path = shutil.copy(cast, tmp_path / "guiche.sqlite3")

    @asynccontextmanager
    async def opened(
        queue: object = None,
        arc_sealers: tuple[str, ...] = (),
        change: Callable[[Profile], Profile] = lambda same: same,
        **more: str,
    ) -> AsyncIterator[OpenDoor]:
        environ = {"GUICHE_DATA_DIR": str(tmp_path / "data"), "GUICHE_SMTP_LISTEN": "127.0.0.1:0"} | more
        settings = load_settings(environ, demo=True)
        profile = change(load_profile("instituicoes"))
        signing = SigningKeys([Key("test", b"0" * 32)])
        memory = MemoryQueue()
        desk = Desk(
            settings, profile, signing, Directory(profile), FileBlobs(tmp_path / "blobs"),
            memory if queue is None else queue,  # type: ignore[arg-type]
            # A test that wants senders proven brings the name server that proves them.
            blocks=BlockList(signing),
            prover=Prover(settings.dns_server, frozenset(arc_sealers)) if settings.dns_server else None,
        )  # fmt: skip
        server = await start_smtp(desk)
        door = OpenDoor(desk, memory, server.sockets[0].getsockname()[1])
        try:
            yield door
        finally:
            for client in door.clients:
                await client.close()
            server.close()
            await server.wait_closed()

    async with open_database(f"sqlite://{path}"):
        yield opened


@pytest.fixture
async def door(open_door: Open) -> AsyncIterator[OpenDoor]:
    """A door that trusts loopback, as `guiche demo` does."""
    async with open_door() as opened:
        yield opened


@pytest.fixture
async def untrusting_door(open_door: Open) -> AsyncIterator[OpenDoor]:
    """A door that trusts nobody, as `guiche serve` does."""
    async with open_door(GUICHE_TRUSTED_NETWORKS="") as opened:
        yield opened
