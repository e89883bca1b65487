"""The cast of the tests about people."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from core.people import passwords
from core.tickets.office import Office
from tests.harness.house import House, open_house
from tests.people.cast import load_cast


@pytest.fixture
async def cast(database):
    """The demo cast in an open database, once on SQLite and once on PostgreSQL."""
    await load_cast()


@pytest.fixture
async def house(office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    """The counter of `instituicoes` with its cast, whose passwords are cheap."""
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    async with open_house(office, tmp_path) as opened:
        yield opened
