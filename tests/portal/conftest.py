"""The counter with its cast, and a browser, as the tests of the counter have them."""

from tests.counter.conftest import _cheap_hashes, browser, house

__all__ = ["_cheap_hashes", "browser", "house"]
