"""The counter with its cast, and a browser, as the tests of the counter have them, and the desk's admin at it."""

import pytest

from tests.admin_pages.admin import ROOT, Admin, migrated_url
from tests.counter.conftest import _cheap_hashes, browser, house
from tests.harness.house import House

__all__ = ["_cheap_hashes", "browser", "house", "migrated_url"]


@pytest.fixture
async def root(house: House) -> Admin:
    admin = Admin(house)
    await admin.sign_in(ROOT)
    return admin
