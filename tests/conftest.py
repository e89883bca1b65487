"""Fixtures of every test: real databases and brokers of the test's own, and whole installations."""

import asyncio
import random
import shutil
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, cast

import hypothesis
import pytest

from core.attachments import FileBlobs
from core.database import migrate_database, open_database
from core.invariants import broken
from core.keys import Key, SealingKeys, SigningKeys
from core.profile_loading import load_profile
from core.tickets.office import Office
from tests import loopback
from tests.harness.installation import Installation
from tests.harness.kinds import start_big, start_embedded
from tests.ingest import corpus
from tests.services import chromium, clamav, postgres, rabbitmq
from tests.services.dovecot import Dovecot
from tests.services.dovecot import server as dovecot_server

FRACTION = 100  # of a large count, unless --full is given
SERVICE_FIXTURES = {"postgres_url", "rabbit_url", "rabbit_prefix", "chromium_path", "dovecot", "clamd"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="large counts in full, and the tests marked long")
    parser.addoption("--seed", type=int, default=None, help="seed of the random tests (printed at the start)")


def pytest_configure(config: pytest.Config) -> None:
    loopback.guard()
    # A suite started in the background ignores Ctrl-C, and so would every program it starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if config.option.seed is None:
        given = getattr(config, "workerinput", {})
        config.option.seed = given.get("seed") or random.SystemRandom().randrange(2**32)
    full = config.option.full
    hypothesis.settings.register_profile(
        "guiche", max_examples=2_000 if full else 50, deadline=None, print_blob=True,
        suppress_health_check=[hypothesis.HealthCheck.too_slow],
    )
    hypothesis.settings.load_profile("guiche")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Every process of a parallel run draws the same random numbers."""
    node.workerinput["seed"] = node.config.option.seed


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    for name, value in report.user_properties if report.when == "call" else ():
        if name == corpus.PROPERTY:
            group, fields, wrong = cast("tuple[str, int, int]", value)
            corpus.scores[group].add(fields, wrong)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The score of the corpus at the end of a run."""
    if corpus.scores:
        terminalreporter.section("mails read right")
        for line in corpus.lines():
            terminalreporter.write_line(line)


def pytest_report_header(config: pytest.Config) -> str:
    counts = "full" if config.option.full else "1 %"
    return f"seed: {config.option.seed} (repeat with --seed), large counts: {counts}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    kept, left = [], []
    for item in items:
        if SERVICE_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.services)
        (left if item.get_closest_marker("long") and not config.option.full else kept).append(item)
    items[:] = kept
    if left:
        config.hook.pytest_deselected(items=left)


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> random.Random:
    """Random numbers that --seed repeats."""
    return random.Random(f"{request.config.option.seed}/{request.node.nodeid}")


@pytest.fixture(scope="session")
def count(request: pytest.FixtureRequest) -> Callable[[int], int]:
    """`count(n)`: n with --full, else about one in a hundred of it and at least ten."""
    full = request.config.option.full
    return lambda n: n if full else min(n, max(10, n // FRACTION))


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server; make databases on it with `fresh_database_url`."""
    with postgres.server() as url:
        yield url


@pytest.fixture(scope="session")
def rabbit_url() -> Iterator[str]:
    """A broker; name things on it with `rabbit_prefix`."""
    with rabbitmq.server() as url:
        yield url


@pytest.fixture
def rabbit_prefix(rabbit_url: str) -> Iterator[str]:
    """A prefix of this test's own."""
    with rabbitmq.fresh_prefix(rabbit_url) as prefix:
        yield prefix


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """An IMAP server; take users of the test's own with `new_user`."""
    with dovecot_server() as server:
        yield server


@pytest.fixture(scope="session")
def clamd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[clamav.Daemon]:
    """A virus scanner that knows `tests.services.clamav.eicar()` alone; a test may stop it and start it again."""
    with clamav.daemon(tmp_path_factory.mktemp("clamd")) as started:
        yield started


@pytest.fixture(scope="session")
def chromium_path() -> Path:
    """The browser the pages' tests drive."""
    return chromium.installed()


@pytest.fixture
def fresh_database_url(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Callable[[str], str]]:
    """`fresh_database_url("sqlite" | "postgres")`: an empty database, gone after the test."""
    with ExitStack() as stack:
        number = iter(range(1_000))

        def make(kind: str) -> str:
            if kind == "sqlite":
                return f"sqlite://{tmp_path}/guiche-{next(number)}.sqlite3"
            server = request.getfixturevalue("postgres_url")
            return stack.enter_context(postgres.fresh_database(server))

        yield make


KINDS = [pytest.param("sqlite"), pytest.param("postgres", marks=pytest.mark.services)]


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, fresh_database_url: Callable[[str], str]) -> str:
    """An empty database, once on SQLite and once on PostgreSQL."""
    return fresh_database_url(request.param)


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file to copy: migrating once is enough for everybody who only wants tables."""
    path = tmp_path_factory.mktemp("template") / "guiche.sqlite3"
    asyncio.run(migrate_database(f"sqlite://{path}"))
    return path


@pytest.fixture(scope="session")
def migrated_postgres(postgres_url: str) -> Iterator[str]:
    """A migrated database, which each test finds empty."""
    with postgres.fresh_database(postgres_url) as url:
        asyncio.run(migrate_database(url))
        yield url


@pytest.fixture(params=KINDS)
def migrated_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A migrated database with nothing in it, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite://{shutil.copy(request.getfixturevalue('migrated_sqlite'), tmp_path / 'guiche.sqlite3')}"
    url: str = request.getfixturevalue("migrated_postgres")
    # Making a database takes half a second, emptying one a tenth of that.
    postgres.empty(url)
    return url


@pytest.fixture
async def database(migrated_url: str) -> AsyncIterator[str]:
    """A database open in this process; what must always hold is asked after the test."""
    async with open_database(migrated_url):
        yield migrated_url
        assert await broken() == []


@pytest.fixture
def office(database: str, tmp_path: Path) -> Office:
    """The office of `instituicoes` over the open database."""
    keys = [Key("test", b"0" * 32)]
    return Office(
        profile=load_profile("instituicoes"), signing=SigningKeys(keys), sealing=SealingKeys(keys),
        blobs=FileBlobs(tmp_path / "blobs"),
    )


SIZES = [pytest.param("embedded"), pytest.param("big", marks=pytest.mark.services)]


@pytest.fixture(scope="session", params=SIZES)
def installation(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    """A whole Guichê at work, once embedded and once on PostgreSQL and RabbitMQ."""
    with ExitStack() as stack:
        yield start(request.param, request, tmp_path_factory.mktemp(request.param), stack)


def start(size: str, request: pytest.FixtureRequest, folder: Path, stack: ExitStack) -> Installation:
    """An installation of `size` in `folder`, stopped with `stack`."""
    if size == "embedded":
        return stack.enter_context(start_embedded(folder))
    server, broker = request.getfixturevalue("postgres_url"), request.getfixturevalue("rabbit_url")
    database = stack.enter_context(postgres.fresh_database(server))
    prefix = stack.enter_context(rabbitmq.fresh_prefix(broker))
    return stack.enter_context(start_big(folder, database, broker, prefix))
