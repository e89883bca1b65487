"""The lists of tickets: views, filters and orders of the API and the console, page by page."""

from collections.abc import Iterable
from dataclasses import dataclass

from tortoise.expressions import Q, Subquery
from tortoise.functions import Coalesce
from tortoise.queryset import QuerySet

from core.deliveries import Delivery, DeliveryState
from core.people.actor import Actor, ActorKind
from core.people.addresses import canonical_email
from core.profile import Profile
from core.tickets.entry_views import Row
from core.tickets.list_query import KEYS, ListQuery, cursor_after
from core.tickets.rights import readable, working_sectors
from core.tickets.tables import FINAL, Status
from core.tickets.views import summaries


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list, and the cursor of the next or None at the end."""

    items: list[Row]
    next: str | None


async def list_tickets(wanted: ListQuery, actor: Actor, profile: Profile) -> Page:
    """The tickets `actor` may read that the query wants, at most `limit` of them."""
    key = KEYS[wanted.order]
    rows = readable(actor, profile).filter(_chosen(wanted, actor))
    if key == "agent_email":
        rows = rows.annotate(agent_email=Coalesce("agent__email", ""))
    if wanted.after:
        value, number = wanted.after
        rows = rows.filter(Q(**{f"{key}__gt": value}) | Q(**{key: value, "id__gt": number}))
    order = (key, "id") if key != "id" else ("id",)
    tickets = await rows.order_by(*order).limit(wanted.limit + 1)
    shown = tickets[: wanted.limit]
    following = None
    if len(tickets) > wanted.limit:
        following = cursor_after(wanted.order, getattr(shown[-1], key), shown[-1].id)
    return Page(await summaries(shown, profile), following)


async def next_ticket(actor: Actor, profile: Profile) -> Row | None:
    """The one to work on next (S2-04, S2-05): in a sector one works in, not somebody else's, not waiting."""
    mine = Q(agent_id=actor.id) | Q(agent_id__isnull=True, sector__in=working_sectors(actor))
    rows = readable(actor, profile).filter(mine, status=Status.OPEN)
    ticket = await rows.order_by("work_rank", "id").first()
    return (await summaries([ticket], profile))[0] if ticket else None


def _chosen(wanted: ListQuery, actor: Actor) -> Q:
    chosen = Q(**(wanted.equal or {}))
    if wanted.view == "open":
        chosen &= ~Q(status__in=FINAL)
    elif wanted.view == "closed":
        chosen &= Q(status__in=FINAL)
    elif wanted.view == "pending":
        chosen &= Q(status=Status.PENDING) & _in_my_sectors(actor)
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
    if wanted.is_undelivered:
        chosen &= Q(id__in=Subquery(_failed().values("ticket_id")))
    if wanted.text:
        chosen &= Q(title__icontains=wanted.text) | Q(protocol=wanted.text)
    return chosen


async def undelivered_among(numbers: Iterable[int]) -> set[int]:
    """Those of these tickets of which something could not be delivered."""
    rows = await _failed().filter(ticket_id__in=list(numbers)).values_list("ticket_id", flat=True)
    return {int(str(each)) for each in rows}


def _failed() -> QuerySet[Delivery]:
    return Delivery.filter(state=DeliveryState.FAILED, ticket_id__isnull=False)


def _in_my_sectors(actor: Actor) -> Q:
    """Whoever reads everything has every sector; what one merely took part in elsewhere is not one's own."""
    is_bound = actor.kind is ActorKind.AGENT and not actor.reads_everything
    return Q(sector__in=working_sectors(actor)) if is_bound else Q()
