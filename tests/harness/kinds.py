"""The two sizes of an installation: everything embedded, or PostgreSQL and RabbitMQ and several processes."""

import base64
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.harness.installation import Installation
from tests.harness.process import GuicheProcess
from tests.services.ports import free_port

LISTEN = {
    "GUICHE_SMTP_LISTEN": "127.0.0.1:0", "GUICHE_HTTP_LISTEN": "127.0.0.1:0",
    # Nobody answers there: a test that wants Telegram brings a fake of its own.
    "GUICHE_TELEGRAM_API_URL": "http://127.0.0.1:1",
}  # fmt: skip
BACK_ROLES = "worker,dispatch,scheduler"


@contextmanager
def start_embedded(folder: Path, **settings: str) -> Iterator[Installation]:
    """`guiche demo` as `make run` starts it; `settings` are `GUICHE_` names with their values."""
    process = GuicheProcess("guiche", ["demo"], folder / "data", {**LISTEN, **settings})
    with _running(Installation({"guiche": process}, front="guiche", back="guiche")) as installation:
        yield installation


@contextmanager
def start_big(
    folder: Path, database_url: str, broker_url: str, prefix: str, *, fronts: int = 1, **settings: str
) -> Iterator[Installation]:
    """One process that files and sends, and `fronts` that listen (`front`, `front2`, …).

    All share database, broker, blobs and keys, and each has a data directory of its own.
    """
    port = free_port()
    shared = {
        "GUICHE_DATABASE_URL": database_url, "GUICHE_BROKER_URL": broker_url, "GUICHE_BROKER_PREFIX": prefix,
        "GUICHE_BLOBS_URL": f"file://{folder}/blobs", "GUICHE_BASE_URL": f"http://127.0.0.1:{port}",
        "GUICHE_SECRET_KEY": key(), "GUICHE_DATA_KEYS": key(), "GUICHE_TRUSTED_NETWORKS": "127.0.0.0/8",
        **settings,
    }
    processes = {
        # The first one makes the schema and loads the cast, so it starts before the others.
        "back": GuicheProcess(
            "back", ["demo"], folder / "back", {**LISTEN, **shared, "GUICHE_ROLES": BACK_ROLES}
        )
    }
    for number in range(1, fronts + 1):
        name = "front" if number == 1 else f"front{number}"
        http = f"127.0.0.1:{port if number == 1 else 0}"
        processes[name] = GuicheProcess(
            name, ["demo"], folder / name,
            {**LISTEN, **shared, "GUICHE_HTTP_LISTEN": http, "GUICHE_ROLES": "http,smtp"},
        )
    with _running(Installation(processes, front="front", back="back")) as installation:
        yield installation


def key() -> str:
    """A secret key setting."""
    return f"test:{base64.b64encode(secrets.token_bytes(32)).decode()}"


@contextmanager
def _running(installation: Installation) -> Iterator[Installation]:
    try:
        installation.start()
        yield installation
        installation.stop()
    finally:
        installation.end()
