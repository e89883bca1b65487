"""What an organization's people may do by a channel where that differs from the profile, as its row keeps it."""

from collections.abc import Sequence
from functools import lru_cache

from pydantic import TypeAdapter

from core.message import Override

_ADAPTER: TypeAdapter[tuple[Override, ...]] = TypeAdapter(tuple[Override, ...])


@lru_cache(1_000)
def overrides_of(text: str) -> tuple[Override, ...]:
    """The overrides a row keeps; nothing is none."""
    return _ADAPTER.validate_json(text) if text else ()


def spelled(overrides: Sequence[Override]) -> str:
    """The overrides as the row keeps them."""
    return _ADAPTER.dump_json(tuple(overrides)).decode() if overrides else ""
