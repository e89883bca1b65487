"""One database, SQLite or PostgreSQL: opening, migrating, and the transaction rules."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
from tortoise import Tortoise, connections
from tortoise.backends.base.executor import EXECUTOR_CACHE
from tortoise.exceptions import DBConnectionError, OperationalError
from tortoise.migrations.api import migrate
from tortoise.models import Model
from tortoise.transactions import in_transaction

from core.errors import Misconfigured, Unavailable
from core.migrating import keep_copy, migration_turn

MODELS = [
    "core.people.tables",
    "core.people.blocks",
    "core.tickets.tables",
    "core.tickets.administrators.tables",
    "core.deliveries",
    "core.bounce_scores",
    "core.cursors",
    "core.attachments",
    "core.audit",
    "core.idempotency",
    "core.profiles_applied",
]

# What a database that is away or not yet up may answer with; telling_away says when it really is.
AWAY_ERRORS = (
    OperationalError, DBConnectionError, OSError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError,
    # A server that is shut down under a statement, and the client's confusion right after.
    asyncpg.OperatorInterventionError, asyncpg.InsufficientResourcesError, asyncpg.InternalClientError,
    # It broke off a transaction for another's sake, as in a deadlock: the same passes the next time.
    asyncpg.TransactionRollbackError,
)  # fmt: skip
_SQLITE_TROUBLE = ("locked", "disk is full", "disk I/O error", "readonly database", "unable to open")
_PLACE = re.compile(r"\$([0-9]+)")


def tortoise_config(url: str, *, foreign_keys: bool = True) -> dict[str, Any]:
    """Tortoise's configuration for `url`.

    SQLite runs with `synchronous=FULL` (SECURITY.md M20); its foreign keys are off only while
    migrating, because altering a table drops it and the drop would cascade.
    """
    if url.startswith("sqlite:"):
        pragmas = "busy_timeout=10000&synchronous=FULL"
        url = f"{url}?{pragmas}&foreign_keys={'ON' if foreign_keys else 'OFF'}"
    elif "?" not in url:
        url = f"{url}?minsize=1&maxsize=8"
    return {
        "connections": {"default": url},
        "apps": {"core": {"models": MODELS, "default_connection": "default",
                          "migrations": "core.migrations"}},
        "use_tz": True,
        "timezone": "UTC",
    }


@asynccontextmanager
async def open_database(url: str) -> AsyncIterator[None]:
    """Serve queries until the block ends; connections are always closed, else the process hangs."""
    # The global fallback lets tasks started before this block see the connections.
    await Tortoise.init(config=tortoise_config(url), _enable_global_fallback=True)
    try:
        await _require_durability(url)
        yield
    finally:
        await _close()


async def _close() -> None:
    await Tortoise.close_connections()
    # Tortoise keeps statements by connection name, whatever the dialect behind that name was.
    EXECUTOR_CACHE.clear()


async def _require_durability(url: str) -> None:
    connection = connections.get("default")
    if url.startswith("sqlite:"):
        rows = await connection.execute_query_dict("PRAGMA synchronous")
        if rows[0]["synchronous"] != 2:
            raise Misconfigured(["SQLite does not keep synchronous=FULL"])
        return
    for name in ("fsync", "synchronous_commit"):
        rows = await connection.execute_query_dict(f"SHOW {name}")
        if rows[0][name] == "off":
            raise Misconfigured([f"PostgreSQL runs with {name}=off and would lose messages"])


async def require_migrated() -> None:
    """Refuse an open database whose schema is not the one this program was written for."""
    shipped = {path.stem for path in (Path(__file__).parent / "migrations").glob("[0-9]*.py")}
    try:
        rows = await query('SELECT "name" FROM "tortoise_migrations" WHERE "app" = $1', ["core"])
    except OperationalError as error:
        if not await is_reachable():
            raise
        raise Misconfigured(["the database is empty: run guiche setup"]) from error
    applied = {str(row["name"]) for row in rows}
    if shipped - applied:
        raise Misconfigured(["the database is of an older release: run guiche setup"])
    if applied - shipped:
        raise Misconfigured(["the database is of a newer release than this program"])


async def migrate_database(url: str) -> None:
    """Bring the schema up to date; on SQLite a copy of the file is kept beside it first."""
    async with migration_turn(url):
        keep_copy(url)
        try:
            await migrate(config=tortoise_config(url, foreign_keys=False))
            if url.startswith("sqlite:"):
                await _require_whole_foreign_keys(url)
        finally:
            await _close()


async def _require_whole_foreign_keys(url: str) -> None:
    await Tortoise.init(config=tortoise_config(url))
    broken = await connections.get("default").execute_query_dict("PRAGMA foreign_key_check")
    if broken:
        tables = sorted({row["table"] for row in broken})
        raise Misconfigured([f"the migration broke references of {', '.join(tables)}"])


def is_postgres() -> bool:
    """Whether the open database is PostgreSQL (row locks exist)."""
    return bool(connections.get("default").capabilities.dialect == "postgres")


async def query(sql: str, values: Sequence[object]) -> list[dict[str, Any]]:
    """Rows of one statement with places `$1, $2, …`, RETURNING included, on both databases."""
    connection = connections.get("default")
    if connection.capabilities.dialect == "sqlite":
        sql = _PLACE.sub(r"?\1", sql)
        values = [_for_sqlite(value) for value in values]
    return list(await connection.execute_query_dict(sql, list(values)))


async def execute_many(sql: str, rows: Sequence[Sequence[object]]) -> None:
    """One statement for each of `rows`, without the cost of Tortoise's bulk_update."""
    if not rows:
        return
    connection = connections.get("default")
    if connection.capabilities.dialect == "sqlite":
        sql = _PLACE.sub(r"?\1", sql)
        rows = [[_for_sqlite(value) for value in row] for row in rows]
    await connection.execute_many(sql, [list(row) for row in rows])


async def insert_many(model: type[Model], rows: Sequence[object]) -> None:
    """Insert `rows`, which carry the columns of `model` as attributes, without Tortoise's cost for each."""
    sql, names = _insertion(model)
    await execute_many(sql, [[getattr(row, name) for name in names] for row in rows])


@cache
def _insertion(model: type[Model]) -> tuple[str, tuple[str, ...]]:
    """The statement for one row, and its columns; a key the database makes itself is left out."""
    meta = model._meta  # noqa: SLF001 - Tortoise's own description of a model
    names = tuple(name for name in meta.fields_db_projection if not meta.fields_map[name].generated)
    columns = ", ".join(f'"{meta.fields_db_projection[name]}"' for name in names)
    places = ", ".join(f"${number}" for number in range(1, len(names) + 1))
    return f'INSERT INTO "{meta.db_table}" ({columns}) VALUES ({places})', names


def _for_sqlite(value: object) -> object:
    """As Tortoise itself writes it there."""
    if isinstance(value, datetime):
        return value.isoformat(" ")
    return str(value) if isinstance(value, UUID) else value


@asynccontextmanager
async def telling_away() -> AsyncIterator[None]:
    """Turn a failure into `Unavailable` when the database is away or locked, and only then."""
    try:
        yield
    except AWAY_ERRORS as error:
        # An OperationalError may be a mistake of ours, too; every other one tells of the connection.
        is_passing = not isinstance(error, OperationalError) or any(word in str(error) for word in _SQLITE_TROUBLE)
        if is_passing or not await is_reachable():
            raise Unavailable("the database is away") from error
        raise


async def is_reachable() -> bool:
    """Whether the open database answers now."""
    try:
        async with asyncio.timeout(5):
            await connections.get("default").execute_query_dict("SELECT 1 AS one")
    except Exception:  # noqa: BLE001 - whatever it is, it does not answer
        return False
    return True


@asynccontextmanager
async def transaction() -> AsyncIterator[None]:
    """A transaction. Only this task's queries inside, and a write first."""
    context = in_transaction("default")
    try:
        await _begin(context)
        try:
            yield
        except BaseException as error:
            await context.__aexit__(type(error), error, error.__traceback__)
            raise
        await context.__aexit__(None, None, None)
    finally:
        _let_go(context)


async def _begin(context: Any) -> None:
    try:
        await context.__aenter__()
    except BaseException as error:
        # Cancelled while it begins, Tortoise would keep its lock for ever and stop the whole process.
        if hasattr(context, "token"):
            with suppress(Exception):
                await context.__aexit__(type(error), error, error.__traceback__)
        raise


def _let_go(context: Any) -> None:
    """A connection that breaks at the very end would stay this task's own with Tortoise, dead for ever."""
    if hasattr(context, "client") and connections.get("default") is context.client:
        connections.reset(context.token)
