"""PostgreSQL 15 or newer for the tests: one that answers, else a private one in a folder of its own."""

import asyncio
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg

from tests.services.packages import program
from tests.services.ports import free_port, wait_until

OVERRIDE = "TEST_POSTGRES_URL"
USUAL = ("postgres://postgres@127.0.0.1:5432/postgres", "postgres://postgres:postgres@127.0.0.1:5432/postgres")
BINARIES = "/usr/lib/postgresql/*/bin"


def reachable() -> str | None:
    """The URL of a server where we may make databases, or None."""
    candidates = [os.environ[OVERRIDE]] if OVERRIDE in os.environ else list(USUAL)
    return next((url for url in candidates if asyncio.run(_serves(url))), None)


async def _serves(url: str) -> bool:
    # Whatever the reason why this server will not do, a private one will.
    try:
        connection = await asyncpg.connect(url, timeout=5)
    except Exception:
        return False
    try:
        version = int(await connection.fetchval("SHOW server_version_num"))
        may_create = await connection.fetchval(
            "SELECT rolcreatedb FROM pg_roles WHERE rolname = current_user"
        )
        is_durable = await connection.fetchval("SHOW fsync") == "on"
        return version >= 150_000 and bool(may_create) and is_durable
    finally:
        await connection.close()


def installed() -> Path:
    """The folder of the server's programs, installed if need be."""
    return program("initdb", "postgresql", BINARIES).parent


@contextmanager
def server() -> Iterator[str]:
    """The URL of a server for as long as the block runs."""
    url = reachable()
    if url is not None:
        yield url
        return
    with private_server() as url:
        yield url


@contextmanager
def private_server(*options: str) -> Iterator[str]:
    """A server of our own on a free port; `options` as of `postgres -c`."""
    binaries, identity = installed(), _identity()
    folder = Path(tempfile.mkdtemp(prefix="guiche-postgres-"))
    try:
        if identity:
            os.chown(folder, identity["user"], identity["group"])
        subprocess.run(
            [binaries / "initdb", "-D", folder / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8",
             "--locale=C.UTF-8"],
            **identity, cwd=folder, check=True, capture_output=True,
        )
        yield from _started(binaries, folder, options, identity)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _started(
    binaries: Path, folder: Path, options: tuple[str, ...], identity: Mapping[str, Any]
) -> Iterator[str]:
    port = free_port()
    settings = ["listen_addresses=127.0.0.1", f"unix_socket_directories={folder}", *options]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [binaries / "postgres", "-D", folder / "data", "-p", str(port),
             *(part for each in settings for part in ("-c", each))],
            **identity, cwd=folder, stdout=log, stderr=log,
        )
    try:
        url = f"postgres://postgres@127.0.0.1:{port}/postgres"
        wait_until(lambda: process.poll() is not None or asyncio.run(_answers(url)), 60, "PostgreSQL")
        if process.poll() is not None:
            raise RuntimeError((folder / "log").read_text("utf-8", "replace"))
        yield url
    finally:
        process.send_signal(signal.SIGINT)  # "fast shutdown" in PostgreSQL's words
        process.wait(60)


async def _answers(url: str) -> bool:
    with suppress(Exception):
        connection = await asyncpg.connect(url, timeout=5)
        await connection.close()
        return True
    return False


def _identity() -> dict[str, Any]:
    """Whom the server runs as: it refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = known.get("postgres") or known["nobody"]
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


@contextmanager
def fresh_database(server_url: str) -> Iterator[str]:
    """A database nobody else uses, dropped at the end together with whoever is still connected."""
    name = f"guiche_test_{secrets.token_hex(6)}"
    asyncio.run(_execute(server_url, f'CREATE DATABASE "{name}"'))
    try:
        yield urlsplit(server_url)._replace(path=f"/{name}").geturl()
    finally:
        asyncio.run(_execute(server_url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))


def empty(url: str) -> None:
    """Take every row out of a migrated database, and leave its schema."""
    tables = (
        "SELECT string_agg(quote_ident(tablename), ', ') FROM pg_tables"
        " WHERE schemaname = 'public' AND tablename <> 'tortoise_migrations'"
    )
    statement = f"DO $$ BEGIN EXECUTE 'TRUNCATE ' || ({tables}) || ' RESTART IDENTITY'; END $$"
    asyncio.run(_execute(url, statement))


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url, timeout=30)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
