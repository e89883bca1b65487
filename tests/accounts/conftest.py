"""A counter on both databases, with hashes that cost nothing and a clock that the test moves."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from playwright.async_api import Browser, async_playwright

from core import clock
from core.people import passwords
from core.tickets.office import Office
from tests.harness.house import House, open_house
from tests.services.chromium import ARGUMENTS


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


class Time:
    """The clock of the counter: it stands until the test moves it."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    # In the middle of a time step of thirty seconds.
    moved = Time(datetime.fromisoformat("2026-11-22T12:00:15+00:00"))
    monkeypatch.setattr(clock, "now", lambda: moved.now)
    return moved


@pytest.fixture
async def house(office: Office, tmp_path: Path, time: Time) -> AsyncIterator[House]:
    """The counter of `instituicoes`."""
    async with open_house(office, tmp_path) as opened:
        yield opened


@pytest.fixture
async def browser(chromium_path: Path) -> AsyncIterator[Browser]:
    """A browser of the test's own."""
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=chromium_path, args=list(ARGUMENTS))
        yield opened
        await opened.close()
