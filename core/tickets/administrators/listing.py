"""The list of changes of administrator, newest first, of the tickets an agent may read (W21)."""

from dataclasses import dataclass

from tortoise.expressions import Subquery

from core.decision import Reason
from core.errors import InvalidFields, Refused
from core.people.actor import Actor, ActorKind
from core.tickets.administrators.tables import AdministratorChange, ChangeState
from core.tickets.administrators.views import Row, views
from core.tickets.office import Office
from core.tickets.rights import readable

PAGE = 50
MAX_PAGE = 200
_STATES = ", ".join(ChangeState)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which changes, and how many; `after` is the last id of the page before."""

    state: str = ""
    limit: int = PAGE
    after: int | None = None


async def list_changes(wanted: Wanted, actor: Actor, office: Office) -> tuple[list[Row], str | None]:
    """A page of them and the cursor of the next, or None at the end. Customers are not authorized."""
    if actor.kind is not ActorKind.AGENT:
        raise Refused(Reason.NOT_AUTHORIZED)
    if wanted.state and wanted.state not in list(ChangeState):
        raise InvalidFields({"state": [f"must be one of {_STATES}"]})
    tickets = Subquery(readable(actor, office.profile).values("id"))
    rows = AdministratorChange.filter(ticket_id__in=tickets).select_related("ticket", "organization")
    if wanted.state:
        rows = rows.filter(state=wanted.state)
    if wanted.after is not None:
        rows = rows.filter(id__lt=wanted.after)
    found = await rows.order_by("-id").limit(wanted.limit + 1)
    shown = found[: wanted.limit]
    following = str(shown[-1].id) if len(found) > wanted.limit else None
    return await views(shown, actor, office), following
