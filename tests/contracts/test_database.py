"""What both databases owe the rest of the house (LIBRARIES.md part 2, SECURITY.md M20)."""

import asyncio
import sqlite3
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tortoise import Tortoise, connections
from tortoise.exceptions import IntegrityError
from tortoise.migrations.autodetector import MigrationAutodetector

from core import clock, database
from core.audit import AuditRow, record
from core.database import is_postgres, migrate_database, open_database, tortoise_config, transaction
from core.errors import Misconfigured
from core.people.tables import Organization, Person
from tests.services import postgres


async def test_migrations_run_on_an_empty_database_and_again_without_harm(database_url: str) -> None:
    await migrate_database(database_url)
    async with open_database(database_url):
        await record("system", "tested", "", clock.now())

    await migrate_database(database_url)

    async with open_database(database_url):
        assert await AuditRow.all().count() == 1


def test_two_processes_may_migrate_one_empty_database_at_once(database_url: str) -> None:
    program = "import asyncio, sys; from core.database import *; asyncio.run(migrate_database(sys.argv[1]))"
    both = [subprocess.Popen([sys.executable, "-c", program, database_url]) for _ in range(2)]

    assert [each.wait(60) for each in both] == [0, 0]


async def test_altering_a_filled_table_keeps_the_rows_that_point_to_it(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _use_throwaway_schema(monkeypatch)
    await database.migrate(config=database.tortoise_config(database_url), target="core.0001_initial")
    for table in ("house (id, name)", "room (id, house_id)", "tenant (id, house_id)"):
        await connections.get("default").execute_script(f"INSERT INTO {table} VALUES (1, 1)")
    await database.Tortoise.close_connections()

    await migrate_database(database_url)

    async with open_database(database_url):
        rows = await connections.get("default").execute_query_dict(
            "SELECT house.name, house.colour, room.id AS room, tenant.id AS tenant FROM house"
            " JOIN room ON room.house_id = house.id JOIN tenant ON tenant.house_id = house.id"
        )
    assert rows == [{"name": "1", "colour": "white", "room": 1, "tenant": 1}]


async def test_a_migration_that_breaks_references_is_told(
    fresh_database_url, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = fresh_database_url("sqlite")
    _use_throwaway_schema(monkeypatch)
    await migrate_database(url)
    with sqlite3.connect(urlsplit(url).path) as file:
        file.execute("INSERT INTO room (id, house_id) VALUES (1, 99)")

    with pytest.raises(Misconfigured, match="references of room"):
        await migrate_database(url)


def _use_throwaway_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    real = database.tortoise_config

    def config(url: str, *, foreign_keys: bool = True) -> dict:
        made = real(url, foreign_keys=foreign_keys)
        made["apps"]["core"] |= {
            "models": ["tests.contracts.throwaway.tables"],
            "migrations": "tests.contracts.throwaway.migrations",
        }
        return made

    monkeypatch.setattr(database, "tortoise_config", config)


async def test_a_copy_of_the_file_as_it_was_is_kept_before_migrating(fresh_database_url) -> None:
    url = fresh_database_url("sqlite")
    await migrate_database(url)
    async with open_database(url):
        await record("system", "tested", "", clock.now())

        await _migrate_in_another_process(url)

    copy = Path(urlsplit(url).path).with_suffix(".before-migration")
    with sqlite3.connect(copy) as file:
        assert file.execute("SELECT count(*) FROM audit").fetchone() == (1,)


async def _migrate_in_another_process(url: str) -> None:
    program = "import asyncio, sys; from core.database import *; asyncio.run(migrate_database(sys.argv[1]))"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, url)
    assert await process.wait() == 0


async def test_every_commit_reaches_the_disk(database: str) -> None:
    connection = connections.get("default")

    if is_postgres():
        assert await connection.execute_query_dict("SHOW fsync") == [{"fsync": "on"}]
    else:
        assert await connection.execute_query_dict("PRAGMA synchronous") == [{"synchronous": 2}]
        assert await connection.execute_query_dict("PRAGMA journal_mode") == [{"journal_mode": "wal"}]


async def test_sqlite_that_may_lose_commits_is_refused(
    fresh_database_url, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = database.tortoise_config
    monkeypatch.setattr(database, "tortoise_config", lambda url: _without_full(real(url)))

    with pytest.raises(Misconfigured, match="synchronous=FULL"):
        async with open_database(fresh_database_url("sqlite")):
            pass


def _without_full(config: dict) -> dict:
    url = config["connections"]["default"]
    config["connections"]["default"] = url.replace("synchronous=FULL", "synchronous=NORMAL")
    return config


@pytest.mark.parametrize("setting", ["fsync", "synchronous_commit"])
@pytest.mark.services
def test_postgresql_that_may_lose_commits_is_refused(setting: str) -> None:
    with postgres.private_server(f"{setting}=off") as url, pytest.raises(Misconfigured, match=setting):
        asyncio.run(_open(url))


async def _open(url: str) -> None:
    async with open_database(url):
        pass


async def test_a_cancelled_transaction_leaves_nothing(database: str) -> None:
    written = asyncio.Event()

    async def write_and_wait() -> None:
        async with transaction():
            await record("system", "tested", "", clock.now())
            written.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(write_and_wait())
    await written.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert await AuditRow.all().count() == 0
    await record("system", "tested", "", clock.now())
    assert await AuditRow.all().count() == 1


async def test_a_failed_transaction_leaves_nothing(database: str) -> None:
    with pytest.raises(ZeroDivisionError):
        async with transaction():
            await record("system", "tested", "", clock.now())
            raise ZeroDivisionError

    assert await AuditRow.all().count() == 0


async def test_foreign_keys_are_kept(database: str) -> None:
    house = await Organization.create(name="Org", created_at=clock.now())
    await Person.create(
        organization=house, name="Ana", email="ana@org.example", role="reader", may_speak=False,
        created_at=clock.now(),
    )

    with pytest.raises(IntegrityError):
        await house.delete()


async def test_returning_gives_rows(database: str) -> None:
    await Organization.create(name="Org", created_at=clock.now())

    rows = await connections.get("default").execute_query_dict(
        "UPDATE organization SET document = 'x' RETURNING name, document"
    )

    assert rows == [{"name": "Org", "document": "x"}]


async def test_processes_that_write_at_once_all_succeed(database: str) -> None:
    program = (
        "import asyncio, sys\n"
        "from core import clock\nfrom core.audit import record\nfrom core.database import *\n"
        "async def main():\n"
        "    async with open_database(sys.argv[1]):\n"
        "        for _ in range(50):\n"
        "            async with transaction():\n"
        "                await record('system', 'tested', '', clock.now())\n"
        "asyncio.run(main())"
    )
    processes = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", program, database) for _ in range(3)
    ]

    assert [await each.wait() for each in processes] == [0, 0, 0]
    assert await AuditRow.all().count() == 150


def test_a_program_that_fails_inside_an_open_database_still_ends(migrated_url: str) -> None:
    program = (
        "import asyncio, sys\nfrom core.database import *\n"
        "async def main():\n"
        "    async with open_database(sys.argv[1]):\n"
        "        raise SystemExit(7)\n"
        "asyncio.run(main())"
    )

    done = subprocess.run([sys.executable, "-c", program, migrated_url], check=False, timeout=60)

    assert done.returncode == 7


async def test_the_migrations_make_just_the_tables_of_the_models(tmp_path: Path) -> None:
    """A model that was changed without a migration is found here, and not at a customer's."""
    config = tortoise_config(f"sqlite://{tmp_path}/guiche.sqlite3")
    context = await Tortoise.init(config=config, init_connections=False)
    try:
        writers = await MigrationAutodetector(context.apps, config["apps"]).changes()
    finally:
        await Tortoise.close_connections()
    assert [writer.name for writer in writers] == []
