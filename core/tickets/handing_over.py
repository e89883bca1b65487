"""Handing a person's tickets to another person: as their requester, as a participant, and what is still to be sent."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.database import insert_many, query
from core.deliveries import Delivery, DeliveryState
from core.ids import new_id
from core.people.actor import Actor
from core.tickets.new_rows import NewEvent
from core.tickets.tables import AwaitedOriginal, Event, Participant, Ticket

_TO_BE_SENT = (DeliveryState.QUEUED, DeliveryState.RETRYING)


@dataclass(frozen=True, slots=True)
class HandOver:
    """From whom to whom (persons' ids), what the tickets' logs call it, who does it and when."""

    source: int
    target: int
    kind: str
    actor: Actor
    now: datetime


async def owned_by(person_id: int) -> list[int]:
    """The tickets he asked for."""
    rows = await Ticket.filter(requester_id=person_id).order_by("id").values_list("id", flat=True)
    return [int(str(each)) for each in rows]


async def shared_by(person_id: int) -> dict[int, str]:
    """The tickets he takes part in, each with who let him in."""
    rows = await Participant.filter(person_id=person_id).order_by("ticket_id")
    return {each.ticket_id: each.added_by for each in rows}


async def hand_over_owned(tickets: Sequence[int], over: HandOver) -> None:
    """Make the other the requester of those that are still the first one's; each log says so."""
    rows = []
    # One after the other in the order of their numbers, as everybody locks them.
    for ticket_id in sorted(tickets):
        rows += await query(
            'UPDATE "ticket" SET "requester_id" = $1, "version" = "version" + 1'
            ' WHERE "id" = $2 AND "requester_id" = $3 RETURNING "id", "version"',
            [over.target, ticket_id, over.source],
        )
    await insert_many(Event, [_moved(row["id"], row["version"], "requester_id", over) for row in rows])


async def hand_over_shared(tickets: Sequence[int], over: HandOver) -> None:
    """Let the other take part in place of the first one where he still does; each log says so."""
    events = []
    there = set(await shared_by(over.target))
    for ticket_id in sorted(set(tickets) & set(await shared_by(over.source))):
        rows = await query(
            'UPDATE "ticket" SET "version" = "version" + 1 WHERE "id" = $1 RETURNING "version"', [ticket_id]
        )
        if ticket_id in there:
            await Participant.filter(ticket_id=ticket_id, person_id=over.source).delete()
        else:
            await Participant.filter(ticket_id=ticket_id, person_id=over.source).update(person_id=over.target)
        events.append(_moved(ticket_id, rows[0]["version"], "participant_id", over))
    await insert_many(Event, events)


async def share_again(tickets: Mapping[int, str], over: HandOver) -> None:
    """Let the other take part, too, where the first one still does; `tickets` say who had let him in."""
    events = []
    for ticket_id in sorted(set(tickets) & set(await shared_by(over.source)) - set(await shared_by(over.target))):
        rows = await query(
            'UPDATE "ticket" SET "version" = "version" + 1 WHERE "id" = $1 RETURNING "version"', [ticket_id]
        )
        await Participant.create(
            ticket_id=ticket_id, person_id=over.target, added_by=tickets[ticket_id], added_at=over.now
        )
        events.append(_event(ticket_id, rows[0]["version"], {"participant_id": [None, str(over.target)]}, over))
    await insert_many(Event, events)


async def hand_over_unsent(over: HandOver) -> None:
    """Send to the other what was written to the first one and has not left, unless he has the same already."""
    unsent = Delivery.filter(recipient_kind="person", recipient_id=over.source, state__in=_TO_BE_SENT)
    for each in await unsent.order_by("id"):
        same = Delivery.filter(event_id=each.event_id, channel=each.channel, kind=each.kind)
        has_it = await same.filter(recipient_kind="person", recipient_id=over.target).exists()
        if each.event_id is None or not has_it:
            await Delivery.filter(id=each.id).update(recipient_id=over.target)
    await AwaitedOriginal.filter(person_id=over.source).update(person_id=over.target)


def _moved(ticket_id: int, version: int, field: str, over: HandOver) -> NewEvent:
    return _event(ticket_id, version, {field: [str(over.source), str(over.target)]}, over)


def _event(ticket_id: int, version: int, changes: Mapping[str, list[str | None]], over: HandOver) -> NewEvent:
    return NewEvent(
        id=new_id(), ticket_id=ticket_id, version=version, kind=over.kind, actor=over.actor.audit_name, at=over.now,
        entry_id=None, changes=json.dumps(changes),
    )  # fmt: skip
