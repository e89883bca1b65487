"""One change to one ticket as a transaction: lock it, let a verb work on it, write the harvest."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

from core import clock
from core.database import query, telling_away, transaction
from core.deliveries import DeliveryRef
from core.people.tables import Agent
from core.tickets.filing import Filing
from core.tickets.new_rows import NewEntry
from core.tickets.numbered import Numbered, draw
from core.tickets.office import Office
from core.tickets.tables import Participant, Ticket


@dataclass(frozen=True, slots=True)
class Changed:
    """What a verb did: the ticket, the entry it made, and the deliveries to announce."""

    ticket_id: int
    protocol: str
    entry_id: UUID | None = None
    deliveries: tuple[DeliveryRef, ...] = ()


@dataclass(slots=True)
class Change:
    """A change under way. `begin` or `lock` opens the transaction; what `done` names is written."""

    filing: Filing
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def number(self) -> Numbered:
        """The next ticket's number and protocol, drawn before the transaction begins."""
        return (await draw(self.filing.office, 1, self.filing.now))[0]

    async def begin(self) -> None:
        """Open the transaction."""
        await self.stack.enter_async_context(transaction())

    async def lock(self, ticket_id: int) -> Ticket | None:
        """Open the transaction and hold the ticket until it ends; None when there is none."""
        await self.begin()
        # A write first: it takes SQLite's lock and PostgreSQL's row lock alike.
        await query('UPDATE "ticket" SET "version" = "version" WHERE "id" = $1', [ticket_id])
        return await Ticket.get_or_none(id=ticket_id)

    def done(self, ticket: Ticket, entry: NewEntry | None = None) -> Changed:
        return Changed(
            ticket.id, ticket.protocol, entry.id if entry else None, tuple(self.filing.delivery_refs())
        )


@asynccontextmanager
async def changing(office: Office) -> AsyncIterator[Change]:
    """Run a verb in one transaction: all it gathered is written, or on an exception nothing is.

    Raises `Unavailable` when the database is away.
    """
    async with telling_away():
        staff = await Agent.filter(blocked=False).order_by("id")
        change = Change(Filing(office, clock.now(), staff))
        async with change.stack:
            yield change
            await change.filing.write()


async def participants_of(ticket: Ticket) -> frozenset[int]:
    """The persons beside the requester."""
    rows = await Participant.filter(ticket_id=ticket.id).values_list("person_id", flat=True)
    return frozenset(int(str(each)) for each in rows)
