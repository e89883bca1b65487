"""Which tickets a list shows: the parameters of API and console, read strictly."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from core.errors import InvalidFields
from core.moments import instant, moment_of

VIEWS = ("all", "open", "closed", "pending", "pending_mine")
MAX_LIMIT = 200
# What each order sorts by, before the ticket's number, which makes every key unique.
KEYS = {
    "work": "work_rank", "customer": "requester_name", "agent": "agent_email", "opened_at": "opened_at",
    "number": "id", "protocol": "protocol", "title": "title",
}  # fmt: skip
ORDERS = tuple(KEYS)
_FILTERS = ("category", "subcategory", "reason", "status", "sector")
# No stored text is longer than these, and a database may refuse to compare with one that is.
_LIMITS = dict.fromkeys(_FILTERS, 64) | {
    "view": 64, "order": 64, "limit": 9, "cursor": 8_000, "agent": 320, "organization": 200, "opened_from": 40,
    "opened_to": 40, "q": 200, "delivery": 16,
}  # fmt: skip
_MAX_NUMBER = 2**31 - 1


@dataclass(frozen=True, slots=True)
class ListQuery:
    """Which tickets, in which order, and from where on."""

    view: str = "all"
    order: str = "work"
    limit: int = 50
    after: tuple[Any, int] | None = None
    equal: Mapping[str, str] | None = None
    agent: str = ""
    organization: str = ""
    opened_from: datetime | None = None
    opened_to: datetime | None = None
    text: str = ""
    is_undelivered: bool = False

    @classmethod
    def parse(cls, given: Mapping[str, str], zone: tzinfo = UTC) -> "ListQuery":
        """Read query parameters; `InvalidFields` names every one that makes no sense.

        A date without a time is the whole day in `zone`.
        """
        errors: dict[str, list[str]] = {}
        for name, text in given.items():
            if name not in _LIMITS:
                errors[name] = ["no such parameter"]
            elif len(text) > _LIMITS[name] or not _is_storable(text):
                errors[name] = ["makes no sense here"]
        if errors:
            raise InvalidFields(errors)
        view, order = given.get("view", "all"), given.get("order", "work")
        if view not in VIEWS:
            errors["view"] = [f"must be one of {', '.join(VIEWS)}"]
        if order not in ORDERS:
            errors["order"] = [f"must be one of {', '.join(ORDERS)}"]
        if given.get("delivery", "failed") not in ("", "failed"):
            errors["delivery"] = ["must be failed"]
        limit = _limit(given.get("limit", "50"), errors)
        opened_from = moment_of(given, "opened_from", zone, errors)
        opened_to = moment_of(given, "opened_to", zone, errors, is_end=True)
        after = _cursor(given.get("cursor", ""), order, errors)
        if errors:
            raise InvalidFields(errors)
        return cls(
            view=view, order=order, limit=limit, after=after,
            equal={name: given[name] for name in _FILTERS if given.get(name)}, agent=given.get("agent", ""),
            organization=given.get("organization", ""), text=given.get("q", ""),
            is_undelivered=given.get("delivery") == "failed", opened_from=opened_from, opened_to=opened_to,
        )  # fmt: skip


def cursor_after(order: str, value: object, number: int) -> str:
    """The cursor of the page that begins after this key."""
    text = value.isoformat() if isinstance(value, datetime) else value
    return base64.urlsafe_b64encode(json.dumps([KEYS[order], text, number]).encode()).decode().rstrip("=")


def _limit(text: str, errors: dict[str, list[str]]) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= MAX_LIMIT):
        errors["limit"] = [f"must be a number from 1 to {MAX_LIMIT}"]
        return MAX_LIMIT
    return int(text)


def _cursor(text: str, order: str, errors: dict[str, list[str]]) -> tuple[Any, int] | None:
    """The key after which the page begins; only one that belongs to the same order is taken."""
    if not text:
        return None
    try:
        key, value, number = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if key != KEYS.get(order) or not _is_number(number):
            raise ValueError
        if key == "opened_at":
            return instant(value), number
        fits = _is_number(value) if key in ("work_rank", "id") else isinstance(value, str) and _is_storable(value)
        if not fits:
            raise ValueError
        return value, number
    except (ValueError, TypeError, OverflowError, RecursionError):
        errors["cursor"] = ["is none of ours"]
        return None


def _is_number(value: object) -> bool:
    return type(value) is int and 0 <= value <= _MAX_NUMBER


def _is_storable(text: str) -> bool:
    """Whether a database takes the text at all: PostgreSQL has no NUL, UTF-8 no lone surrogates (S22)."""
    return len(text) <= _LIMITS["cursor"] and "\x00" not in text and not any("\ud800" <= c <= "\udfff" for c in text)
