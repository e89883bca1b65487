"""The two sizes under measurement: everything embedded, and PostgreSQL with RabbitMQ."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.harness.kinds import key
from tests.harness.process import GuicheProcess
from tests.services import postgres, rabbitmq

LISTEN = {"GUICHE_SMTP_LISTEN": "127.0.0.1:0", "GUICHE_BASE_URL": "http://127.0.0.1"}


@dataclass(frozen=True)
class Size:
    """A size, and how many processes share its whole path."""

    name: str
    server_url: str = ""
    broker_url: str = "local:"

    @property
    def has_servers(self) -> bool:
        return bool(self.server_url)

    @property
    def role_sets(self) -> tuple[str, ...]:
        return ("smtp", "worker") if self.has_servers else ("smtp,worker",)


@contextmanager
def sizes() -> Iterator[list[Size]]:
    """Both sizes, with the servers of the big one at hand."""
    with postgres.server() as server_url, rabbitmq.server() as broker_url:
        yield [Size("embedded"), Size("big", server_url, broker_url)]


@dataclass(frozen=True)
class Ground:
    """A database and a broker prefix of one run's own, and a folder that goes with it."""

    folder: Path
    database_url: str
    broker_url: str
    prefix: str

    @property
    def has_servers(self) -> bool:
        return self.broker_url != "local:"


@contextmanager
def ground(size: Size) -> Iterator[Ground]:
    """Fresh ground for one run."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="guiche-bench-")))
        if not size.has_servers:
            yield Ground(folder, f"sqlite://{folder}/guiche.sqlite3", "local:", "guiche")
            return
        yield Ground(
            folder, stack.enter_context(postgres.fresh_database(size.server_url)), size.broker_url,
            stack.enter_context(rabbitmq.fresh_prefix(size.broker_url)),
        )  # fmt: skip


@contextmanager
def product(ground: Ground, *role_sets: str, **more: str) -> Iterator[list[GuicheProcess]]:
    """Guichê as its users run it, one process for each set of roles; the first one listens."""
    settings = {
        **LISTEN, "GUICHE_DATABASE_URL": ground.database_url, "GUICHE_BROKER_URL": ground.broker_url,
        "GUICHE_BROKER_PREFIX": ground.prefix, "GUICHE_BLOBS_URL": f"file://{ground.folder}/blobs",
        "GUICHE_SECRET_KEY": key(), "GUICHE_DATA_KEYS": key(), "GUICHE_LOG_FORMAT": "json", **more,
    }  # fmt: skip
    processes = [
        GuicheProcess(f"roles-{number}", ["demo"], ground.folder / f"data-{number}",
                      {**settings, "GUICHE_ROLES": roles})
        for number, roles in enumerate(role_sets)
    ]
    try:
        for process in processes:
            process.start()
        yield processes
        for process in processes:
            process.stop()
    finally:
        for process in processes:
            process.end()
