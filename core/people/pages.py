"""Listings of the directory page by page: in the order of ids, so that no address stands in a cursor."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from core.errors import InvalidFields

LIMIT = 50
MAX_LIMIT = 200
_MAX_ID = 2**31 - 1


class _Numbered(Protocol):
    id: int


_Row = TypeVar("_Row", bound=_Numbered)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins, and how long it may be."""

    after: int = 0
    limit: int = LIMIT


@dataclass(frozen=True, slots=True)
class Page:
    """Rows, and the cursor of the next page or None at the end."""

    items: list[dict[str, Any]]
    next: str | None


def place_of(given: Mapping[str, str]) -> Place:
    """Read `limit` and `cursor`; `InvalidFields` names every parameter that makes no sense."""
    errors = {name: ["no such parameter"] for name in given if name not in ("limit", "cursor")}
    limit, after = _number(given.get("limit", str(LIMIT))), _number(given.get("cursor", "0"))
    if limit is None or not 1 <= limit <= MAX_LIMIT:
        errors["limit"] = [f"must be a number from 1 to {MAX_LIMIT}"]
    if after is None:
        errors["cursor"] = ["is none of ours"]
    if errors or limit is None or after is None:
        raise InvalidFields(errors)
    return Place(after, limit)


def _number(text: str) -> int | None:
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else None
    return number if number is not None and number <= _MAX_ID else None


def page_of(found: Sequence[_Row], place: Place) -> tuple[Sequence[_Row], str | None]:
    """The rows to show of `found`, which holds one more than fit when there is another page."""
    shown = found[: place.limit]
    return shown, str(shown[-1].id) if len(found) > len(shown) else None
