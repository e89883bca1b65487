"""Reading the audit: rows of ids by filters, newest first, with the names those ids have now."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any
from uuid import UUID

from tortoise.expressions import Q

from core.audit import AuditRow
from core.errors import InvalidFields
from core.moments import moment_of
from core.people.pages import LIMIT, MAX_LIMIT
from core.people.tables import Agent, Organization, Person

_TEXTS = {"actor": 80, "action": 64, "object": 80}
_KNOWN = (*_TEXTS, "from", "to", "limit", "cursor")
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class TrailQuery:
    """Which rows of the audit: all that fit what is not empty; `before` is the row the page begins after."""

    actor: str = ""
    action: str = ""
    object_id: str = ""
    since: datetime | None = None
    until: datetime | None = None
    limit: int = LIMIT
    before: UUID | None = None

    @classmethod
    def parse(cls, given: Mapping[str, str], zone: tzinfo) -> "TrailQuery":
        """Read query parameters; `InvalidFields` names every one that makes no sense.

        `actor` and `object` are ids as the rows name them (`agent:7`); a date is the whole day in `zone`.
        """
        errors = {name: ["no such parameter"] for name in given if name not in _KNOWN}
        for name, longest in _TEXTS.items():
            if len(given.get(name, "")) > longest or not given.get(name, "").isprintable():
                errors[name] = ["makes no sense here"]
        limit, cursor = given.get("limit", str(LIMIT)), given.get("cursor", "")
        if not (limit.isascii() and limit.isdigit() and len(limit) < 10 and 1 <= int(limit) <= MAX_LIMIT):
            errors["limit"] = [f"must be a number from 1 to {MAX_LIMIT}"]
        since = moment_of(given, "from", zone, errors)
        until = moment_of(given, "to", zone, errors, is_end=True)
        before = _id(cursor, errors) if cursor else None
        if errors:
            raise InvalidFields(errors)
        return cls(
            actor=given.get("actor", ""), action=given.get("action", ""), object_id=given.get("object", ""),
            since=since, until=until, limit=int(limit), before=before,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Trail:
    """Rows, newest first, and the cursor of the next page or None at the end."""

    items: list[Row]
    next: str | None


async def read_trail(wanted: TrailQuery) -> Trail:
    """The rows that fit, each with the names behind its ids as they are now; who was erased has none."""
    found = await AuditRow.filter(_chosen(wanted)).order_by("-id").limit(wanted.limit + 1)
    shown = found[: wanted.limit]
    names = await _names([label for row in shown for label in (row.actor, row.object_id)])
    items = [
        {
            "id": str(row.id), "seq": row.seq, "at": row.at.isoformat(), "actor": row.actor,
            "actor_name": names.get(row.actor), "action": row.action, "object": row.object_id,
            "object_name": names.get(row.object_id), "detail": row.detail, "before": row.before, "after": row.after,
        }  # fmt: skip
        for row in shown
    ]
    return Trail(items, str(shown[-1].id) if len(found) > len(shown) else None)


def _chosen(wanted: TrailQuery) -> Q:
    equal = {"actor": wanted.actor, "action": wanted.action, "object_id": wanted.object_id}
    chosen = Q(**{name: text for name, text in equal.items() if text})
    if wanted.since:
        chosen &= Q(at__gte=wanted.since)
    if wanted.until:
        chosen &= Q(at__lte=wanted.until)
    return chosen & Q(id__lt=wanted.before) if wanted.before else chosen


async def _names(labels: Iterable[str]) -> dict[str, str]:
    names: dict[str, str] = {}
    wanted = set(labels)
    for kind, model in (("agent", Agent), ("person", Person), ("organization", Organization)):
        ids = {int(number) for each in wanted if (number := _number(each, kind))}
        if ids:
            names |= {f"{kind}:{row['id']}": row["name"] for row in await model.filter(id__in=ids).values("id", "name")}
    return names


def _number(label: str, kind: str) -> str:
    """The number of a label of `kind`, or nothing; no id has more than ten digits."""
    name, _, number = label.partition(":")
    return number if name == kind and number.isascii() and number.isdigit() and len(number) < 10 else ""


def _id(text: str, errors: dict[str, list[str]]) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        errors["cursor"] = ["is none of ours"]
        return None
