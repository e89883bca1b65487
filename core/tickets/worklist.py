"""The lists of tickets: views, filters and orders of the API and the console, page by page."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tortoise.expressions import Q, Subquery
from tortoise.functions import Coalesce
from tortoise.queryset import QuerySet

from core.errors import InvalidFields
from core.people.actor import Actor, ActorKind
from core.people.addresses import canonical_email
from core.profile import Profile
from core.tickets.tables import FINAL, Entry, Participant, Status, Ticket
from core.tickets.views import Row, summaries

VIEWS = ("all", "open", "closed", "pending", "pending_mine")
ORDERS = ("work", "customer", "agent", "opened_at", "number", "protocol", "title")
MAX_LIMIT = 200
_FILTERS = ("category", "subcategory", "reason", "status", "sector")
_KNOWN = {*_FILTERS, "view", "order", "limit", "cursor", "agent", "organization", "opened_from", "opened_to", "q"}
# What each order sorts by, before the ticket's number, which makes every key unique.
_KEYS = {
    "work": "work_rank", "customer": "requester_name", "agent": "agent_email", "opened_at": "opened_at",
    "protocol": "protocol", "title": "title", "number": "id",
}  # fmt: skip


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

    @classmethod
    def parse(cls, given: Mapping[str, str]) -> "ListQuery":
        """Read query parameters; `InvalidFields` names every one that makes no sense."""
        errors: dict[str, list[str]] = {name: ["no such parameter"] for name in given if name not in _KNOWN}
        view, order = given.get("view", "all"), given.get("order", "work")
        if view not in VIEWS:
            errors["view"] = [f"must be one of {', '.join(VIEWS)}"]
        if order not in ORDERS:
            errors["order"] = [f"must be one of {', '.join(ORDERS)}"]
        limit = _limit(given.get("limit", "50"), errors)
        moments = {name: _moment(given.get(name, ""), name, errors) for name in ("opened_from", "opened_to")}
        after = _cursor(given.get("cursor", ""), order, errors)
        if errors:
            raise InvalidFields(errors)
        return cls(
            view=view, order=order, limit=limit, after=after,
            equal={name: given[name] for name in _FILTERS if given.get(name)}, agent=given.get("agent", ""),
            organization=given.get("organization", ""), text=given.get("q", ""), **moments,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list, and the cursor of the next or None at the end."""

    items: list[Row]
    next: str | None


async def list_tickets(wanted: ListQuery, actor: Actor, profile: Profile) -> Page:
    """The tickets `actor` may read that the query wants, at most `limit` of them."""
    key = _KEYS[wanted.order]
    rows = _visible(actor, profile).filter(_chosen(wanted, actor))
    if key == "agent_email":
        rows = rows.annotate(agent_email=Coalesce("agent__email", ""))
    if wanted.after:
        value, number = wanted.after
        rows = rows.filter(Q(**{f"{key}__gt": value}) | Q(**{key: value, "id__gt": number}))
    order = (key, "id") if key != "id" else ("id",)
    tickets = await rows.order_by(*order).limit(wanted.limit + 1)
    shown = tickets[: wanted.limit]
    more = len(tickets) > wanted.limit
    return Page(await summaries(shown), _next(shown[-1], key) if more else None)


async def next_ticket(actor: Actor, profile: Profile) -> Row | None:
    """The one to work on next (S2-04, S2-05): in one's sector, not somebody else's, not waiting."""
    mine = Q(agent_id=actor.id) | Q(agent_id__isnull=True, sector=actor.sector)
    rows = _visible(actor, profile).filter(mine, status=Status.OPEN)
    ticket = await rows.order_by("work_rank", "id").first()
    return (await summaries([ticket]))[0] if ticket else None


def _visible(actor: Actor, profile: Profile) -> QuerySet[Ticket]:
    rows = Ticket.all()
    if actor.reads_everything:
        return rows
    if actor.kind is ActorKind.AGENT:
        took_part = Entry.filter(author_role="agent", author_id=actor.id).values("ticket_id")
        return rows.filter(Q(sector=actor.sector) | Q(agent_id=actor.id) | Q(id__in=Subquery(took_part)))
    if actor.kind is not ActorKind.PERSON or not actor.may_speak:
        return rows.filter(id=0)
    takes_part = Participant.filter(person_id=actor.id).values("ticket_id")
    own = Q(requester_id=actor.id) | Q(id__in=Subquery(takes_part))
    if profile.access.colleagues_have_standing and actor.organization_id:
        own |= Q(organization_id=actor.organization_id)
    return rows.filter(own)


def _chosen(wanted: ListQuery, actor: Actor) -> Q:
    chosen = Q(**(wanted.equal or {}))
    if wanted.view == "open":
        chosen &= ~Q(status__in=FINAL)
    elif wanted.view == "closed":
        chosen &= Q(status__in=FINAL)
    elif wanted.view == "pending":
        chosen &= Q(status=Status.PENDING)
    elif wanted.view == "pending_mine":
        chosen &= Q(status=Status.PENDING, agent_id=actor.id)
    if wanted.agent:
        chosen &= Q(agent__email=canonical_email(wanted.agent) or "")
    if wanted.organization:
        chosen &= Q(organization__name=wanted.organization)
    if wanted.opened_from:
        chosen &= Q(opened_at__gte=wanted.opened_from)
    if wanted.opened_to:
        chosen &= Q(opened_at__lte=wanted.opened_to)
    if wanted.text:
        chosen &= Q(title__icontains=wanted.text) | Q(protocol=wanted.text)
    return chosen


def _limit(text: str, errors: dict[str, list[str]]) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MAX_LIMIT):
        errors["limit"] = [f"must be a number from 1 to {MAX_LIMIT}"]
        return MAX_LIMIT
    return int(text)


def _moment(text: str, name: str, errors: dict[str, list[str]]) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        errors[name] = ["must be a time as in RFC 3339"]
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _next(last: Ticket, key: str) -> str:
    value = getattr(last, key)
    text = value.isoformat() if isinstance(value, datetime) else value
    return base64.urlsafe_b64encode(json.dumps([key, text, last.id]).encode()).decode().rstrip("=")


def _cursor(text: str, order: str, errors: dict[str, list[str]]) -> tuple[Any, int] | None:
    """The key after which the page begins; only one that belongs to the same order is taken."""
    if not text:
        return None
    try:
        key, value, number = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if key != _KEYS.get(order) or not isinstance(number, int):
            raise ValueError
        if key == "opened_at":
            value = datetime.fromisoformat(value)
        elif type(value) is not (int if key in ("work_rank", "id") else str):
            raise ValueError
        return value, number
    except (ValueError, TypeError):
        errors["cursor"] = ["is none of ours"]
        return None
