"""The counter in this process over a real socket, with a real queue and the worker's own door."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import aiohttp
import pytest

from core import clock
from core.attachments import FileBlobs
from core.database import migrate_database, open_database
from core.invariants import broken
from core.keys import Key, SealingKeys, SigningKeys
from core.people import demo_cast, tokens
from core.people.directory import Directory
from core.profile import Profile
from core.profile_loading import load_profile
from core.settings import Settings, TelegramBot
from core.tickets.office import Office
from gateway.brokers import open_queue
from gateway.ingest.desk import Desk
from gateway.listening import address_of, bind
from gateway.worker import work
from tests.fakes.telegram import FakeTelegram, fake_telegram
from webhooks.app import create_app
from webhooks.bodies import PATIENCE, Patience
from webhooks.counter import Counter
from webhooks.runner import Runner

BOT = TelegramBot("guiche", "1:demo", "demo-telegram-secret")


@dataclass
class Site:
    """A counter that answers; `paused` keeps the worker from filing."""

    counter: Counter
    url: str
    client: aiohttp.ClientSession
    app: aiohttp.web.Application
    start_worker: Callable[[], Awaitable[None]]
    stop_worker: Callable[[], Awaitable[None]]

    @property
    def address(self) -> tuple[str, int]:
        host, _, port = self.url.removeprefix("http://").rpartition(":")
        return host, int(port)

    async def form_token(self, *, verified: bool = True) -> str:
        return await tokens.issue_form_token("contato", verified=verified)

    async def agent_token(self, email: str) -> str:
        return await tokens.issue_agent_token(email)


@pytest.fixture
def telegram() -> Iterator[FakeTelegram]:
    with fake_telegram(BOT.token) as fake:
        yield fake


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A database with the demo cast of a profile, made once: hashing passwords takes its time."""
    folder = tmp_path_factory.mktemp("filled")

    def path(name: str) -> Path:
        found = folder / f"{name}.sqlite3"
        if not found.exists():
            asyncio.run(_fill(f"sqlite://{found}", name))
        return found

    return path


async def _fill(url: str, name: str) -> None:
    await migrate_database(url)
    async with open_database(url):
        await demo_cast.load(load_profile(name), clock.now())


@pytest.fixture
def institution_database(filled: Callable[[str], Path], tmp_path: Path) -> Path:
    return Path(shutil.copy(filled("instituicoes"), tmp_path / "guiche.sqlite3"))


@pytest.fixture
def representative_database(filled: Callable[[str], Path], tmp_path: Path) -> Path:
    return Path(shutil.copy(filled("representantes"), tmp_path / "guiche.sqlite3"))


@pytest.fixture
async def site(institution_database: Path, telegram: FakeTelegram) -> AsyncIterator[Site]:
    """The desk `instituicoes`."""
    async with open_site("instituicoes", institution_database, telegram) as opened:
        yield opened


@pytest.fixture
async def chat_site(representative_database: Path, telegram: FakeTelegram) -> AsyncIterator[Site]:
    """The desk `representantes`, where Telegram is official and the telephone is not."""
    async with open_site("representantes", representative_database, telegram) as opened:
        yield opened


@asynccontextmanager
async def open_site(
    name: str, database: Path, telegram: FakeTelegram, change: Callable[[Profile], Profile] = lambda same: same
) -> AsyncIterator[Site]:
    """The desk `name` over a database of its own; `change` makes another desk of the profile."""
    folder, url = database.parent, f"sqlite://{database}"
    profile, keys = change(load_profile(name)), (Key("test", b"0" * 32),)
    settings = Settings(
        data_dir=folder, profile=name, database_url=url, secret_key=keys, data_keys=keys,
        http_listen=("127.0.0.1", 0), telegram_api_url=telegram.url, telegram_bots=(BOT,),
        max_message_bytes=2 * 1024 * 1024,
    )
    signing, sealing, blobs = SigningKeys(keys), SealingKeys(keys), FileBlobs(folder / "blobs")
    async with open_database(url), open_queue(settings, sealing) as queue:
        office = Office(profile, signing, sealing, blobs)
        with bind(settings.http_listen, "GUICHE_HTTP_LISTEN") as bound:
            settings = replace(settings, base_url=f"http://{address_of(bound)}")
            desk = Desk(settings, profile, signing, Directory(profile), blobs, queue)
            counter = Counter(desk, office, queue, settings)
            app = create_app(counter)
            app[PATIENCE] = Patience(idle=0.6, total=3.0)
            runner = Runner(app, shutdown_timeout=1.0)
            await runner.setup()
            await aiohttp.web.SockSite(runner, bound).start()
            worker = _Worker(lambda: work(queue, office))
            await worker.start()
            jar = aiohttp.CookieJar(unsafe=True)  # cookies of an address without a name
            async with aiohttp.ClientSession(cookie_jar=jar) as client:
                yield Site(counter, settings.base_url, client, app, worker.start, worker.stop)
            await worker.stop()
            await runner.cleanup()
        assert await broken() == []


class _Worker:
    def __init__(self, run: Callable[[], Awaitable[None]]) -> None:
        self._run = run
        self._task: asyncio.Future[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.ensure_future(self._run())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
