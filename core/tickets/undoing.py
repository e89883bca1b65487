"""Take a reply back before it leaves: it stays in the record as a note that nobody outside has seen."""

from core.database import query
from core.decision import Reason
from core.deliveries import Delivery, DeliveryState
from core.errors import Refused
from core.people.actor import Actor
from core.tickets.changed import Changed, changing
from core.tickets.filing import Author, Filing
from core.tickets.office import Office
from core.tickets.retrying import known_id
from core.tickets.rights import may_act, own_ticket
from core.tickets.tables import Entry, Event, Ticket

TOO_LATE = "It is too late: the answer has left."


async def undo(protocol: str, entry_id: str, actor: Actor, office: Office) -> Changed:
    """Withdraw one's own reply while its time to be taken back runs; the status goes back as well.

    Raises `Refused` with not_found (no right, or not his own entry) or invalid_transition (too late).
    """
    wanted = known_id(entry_id)
    ticket_id = (await own_ticket(protocol, actor, office.profile)).id

    async with changing(office) as change:
        ticket = await change.lock(ticket_id)
        entry = await Entry.get_or_none(id=wanted, ticket_id=ticket_id, author_role="agent", author_id=actor.id)
        if ticket is None or entry is None or not may_act(actor, ticket):
            raise Refused(Reason.NOT_FOUND)
        await _withdraw(entry, change.filing)

        await Entry.filter(id=entry.id).update(kind="note", visibility="internal")
        changes = await _status_back(change.filing, ticket, entry)
        changes["visibility"] = ["public", "internal"]

        change.filing.record(
            ticket, "reply_withdrawn", Author("agent", actor.id, actor.name), entry=entry, changes=changes
        )
        return change.done(ticket)


async def _withdraw(entry: Entry, filing: Filing) -> None:
    """One conditional update decides between us and a dispatcher: it takes all of them, or nothing is done.

    What was withheld, as from somebody who takes part no more, never left either.
    """
    taken = await query(
        'UPDATE "delivery" SET "state" = $1 WHERE "entry_id" = $2 AND "state" IN ($3, $5) AND "attempts" = 0'
        ' AND "next_try_at" > $4 RETURNING "id"',
        [
            DeliveryState.WITHDRAWN.value, entry.id, DeliveryState.QUEUED.value, filing.now,
            DeliveryState.WITHHELD.value,
        ],  # fmt: skip
    )
    if not taken or len(taken) < await Delivery.filter(entry_id=entry.id).count():
        raise Refused(Reason.INVALID_TRANSITION, TOO_LATE)


async def _status_back(filing: Filing, ticket: Ticket, entry: Entry) -> dict[str, list[str | None]]:
    """The status before the reply, unless somebody has changed it since."""
    events = await Event.filter(ticket_id=ticket.id, version__gte=1).order_by("-version")
    last = next((each for each in events if "status" in each.changes), None)
    if last is None or last.entry_id != entry.id:
        return {}
    return filing.change(ticket, status=last.changes["status"][0])
