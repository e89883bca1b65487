"""The cast of the tests about people."""

import pytest

from tests.people.cast import load_cast


@pytest.fixture
async def cast(database):
    """The demo cast in an open database, once on SQLite and once on PostgreSQL."""
    await load_cast()
