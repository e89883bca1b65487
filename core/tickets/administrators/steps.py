"""One step of a change of administrator: in one transaction its row, the ticket's log and the audit (S4-22)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

from core import audit
from core.decision import Reason
from core.deliveries import DeliveryKind, DeliveryRef
from core.errors import InvalidFields, Refused
from core.people.actor import Actor, ActorKind
from core.people.notices import notify
from core.people.tables import Agent, Person
from core.tickets import notices
from core.tickets.administrators.asked import Asked, opened
from core.tickets.administrators.keeping import object_of
from core.tickets.administrators.tables import AdministratorChange, ChangeState
from core.tickets.changed import Change, Changed, changing
from core.tickets.filing import SYSTEM_AUTHOR, Author, EntryText
from core.tickets.new_rows import NewEvent
from core.tickets.office import Office
from core.tickets.tables import Ticket

MAX_REASON = 200


@dataclass(slots=True)
class Step:
    """A change of administrator in the hands of one actor; its ticket is locked until the step ends."""

    row: AdministratorChange
    ticket: Ticket
    actor: Actor
    work: Change
    letters: list[DeliveryRef] = field(default_factory=list)

    @property
    def office(self) -> Office:
        return self.work.filing.office

    @property
    def now(self) -> datetime:
        return self.work.filing.now

    @property
    def asked(self) -> Asked:
        """Who is to become administrator."""
        return opened(self.row.asked_sealed, self.row.ticket_id, self.office.sealing)

    async def move(self, *states: ChangeState, **values: object) -> bool:
        """Set `values` where the row is in one of `states` at this moment; whether it was."""
        rows = AdministratorChange.filter(id=self.row.id, state__in=[each.value for each in states])
        return bool(await rows.update(**values))

    async def tell(self, verb: str, text: str = "", *, detail: str = "") -> NewEvent:
        """Log what was done on the ticket and in the audit; `text` stays among agents."""
        before = _spelled(self.row)
        was = self.row.state
        await self.row.refresh_from_db()
        filing, author = self.work.filing, _author(self.actor)
        entry = None
        if text:
            said = EntryText(text, "console", threaded_by="new", authentication="none")
            entry = filing.add_entry(self.ticket, "system", "internal", SYSTEM_AUTHOR, said)
        event = filing.record(
            self.ticket, f"administrator_{verb}", author, entry=entry,
            changes={"administrator_change": [was, self.row.state]},
        )  # fmt: skip
        await audit.record(
            self.actor.audit_name, f"administrator_change.{verb}", object_of(self.row), self.now, detail,
            before=before, after=_spelled(self.row),
        )  # fmt: skip
        return event

    def alert(self, event: NewEvent) -> None:
        """Whoever handles the ticket hears of it at once."""
        notices.tell_agents(self.work.filing, self.ticket, event, DeliveryKind.NOTE_NOTICE)

    async def write_to(self, kind: DeliveryKind, owner: Agent | Person) -> None:
        """Queue a letter about the change."""
        self.letters.append(await notify(kind, owner, self.now, str(self.row.id)))

    def done(self) -> Changed:
        changed = self.work.done(self.ticket)
        return replace(changed, deliveries=(*changed.deliveries, *self.letters))


@asynccontextmanager
async def stepping(row: AdministratorChange, actor: Actor, office: Office) -> AsyncIterator[Step]:
    """Lock the change's ticket, and let a verb work on both as they stand then."""
    async with changing(office) as work:
        ticket = await work.lock(row.ticket_id)
        if ticket is None:
            raise Refused(Reason.NOT_FOUND)
        await row.refresh_from_db()
        yield Step(row, ticket, actor, work)


def reason_of(text: str) -> str:
    """A reason as the row keeps it; `InvalidFields` without one, or with a long one."""
    reason = " ".join(text.split())
    if not reason:
        raise InvalidFields({"reason": ["must not be empty"]})
    if len(reason) > MAX_REASON:
        raise InvalidFields({"reason": ["must have at most 200 characters"]})
    return reason


def approvals_of(row: AdministratorChange) -> list[int]:
    """The agents who have approved it."""
    return [each for each in (row.first_approval_by, row.second_approval_by) if each is not None]


def _spelled(row: AdministratorChange) -> str:
    return f"state={row.state} approvals={len(approvals_of(row))}"


def _author(actor: Actor) -> Author:
    if actor.kind is ActorKind.SYSTEM:
        return SYSTEM_AUTHOR
    return Author("agent" if actor.kind is ActorKind.AGENT else "customer", actor.id, actor.name)
