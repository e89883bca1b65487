"""A counter of the test's own, on both databases."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from playwright.async_api import Browser, async_playwright

from core.people import passwords
from core.tickets.office import Office
from tests.harness.house import House, open_house, with_profile
from tests.services.chromium import ARGUMENTS


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cast's passwords cost seconds on purpose; how dear a hash is, is not asked here."""
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
async def house(office: Office, tmp_path: Path) -> AsyncIterator[House]:
    """The counter of `instituicoes`, where agents may not open tickets."""
    async with open_house(office, tmp_path) as opened:
        yield opened


@pytest.fixture
async def opening_house(office: Office, tmp_path: Path) -> AsyncIterator[House]:
    """The counter of `representantes`, where they may."""
    async with open_house(with_profile(office, "representantes"), tmp_path) as opened:
        yield opened


@pytest.fixture
async def browser(chromium_path: Path) -> AsyncIterator[Browser]:
    """A browser of the test's own."""
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=chromium_path, args=list(ARGUMENTS))
        yield opened
        await opened.close()
