"""What automatic mail is not sent: to addresses that bounce, and round in a circle (RFC 3834 §4, I11, L02).

What goes to one address about one ticket is counted over a day. To an agent the count begins anew with
whatever somebody of the desk does, since he must not miss a person who goes on writing; what was done by
mail could itself be a machine's answer, so that ten times as many count from what was done by hand. What
is over the measure is withheld; at twice the measure nobody is that eager, and a loop is suspected.

A machine that answers each acknowledgement with a new mail opens a ticket each time. Who got
`MANY_ACKNOWLEDGEMENTS` within ten minutes gets no more of them for mail that nothing but its domain
vouches for. Only what has left counts: a burst of mails, sent before their acknowledgements came, is no
answer to them. Programs on trusted networks and forms may open as many as they like.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from tortoise.expressions import Q

from core.bounce_scores import silenced
from core.database import query
from core.deliveries import Delivery, DeliveryKind, DeliveryState
from core.message import Authentication
from core.tickets.tables import Entry, Event

DAY = timedelta(days=1)
BY_HAND = 10
SUSPICIOUS = 2
MANY_ACKNOWLEDGEMENTS = 60
WITHIN = timedelta(minutes=10)
# What may still leave: nothing has come of it yet.
WAITING = (DeliveryState.QUEUED, DeliveryState.RETRYING, DeliveryState.UNCERTAIN)
# What agents "do" by machine: it is no sign that anybody reads.
MACHINE_ACTS = ("auto_replied", "command_refused")

# A closing brings an agent's resolution, and nothing but an agent's act sends one.
_PERSONAL = (DeliveryKind.REPLY, DeliveryKind.CLOSED, DeliveryKind.CHAT_TEXT, DeliveryKind.CONFIRM_ADDRESS)
# Whoever just wrote to us must hear that nothing came of it; only a loop ends these.
_ANSWERS = (DeliveryKind.COMMAND_REFUSED, DeliveryKind.REPLY_HELD_BACK)
_AUTOMATIC = [kind.value for kind in DeliveryKind if kind not in _PERSONAL]
# However busy the desk, no batch of acknowledgements looks at more rows than these.
_LATEST = 2_000

Reader = tuple[int, str, int]


class Why(StrEnum):
    """Why a delivery is withheld."""

    NO_RIGHT = "the recipient has no right to it any more"
    BOUNCES = "mail to this address comes back"
    OFTEN = "there were enough automatic messages about it today"
    LOOP = "too many automatic messages: a loop is suspected"


@dataclass(slots=True)
class Spared:
    """Those not to be sent, and those after which their reader hears no more until somebody acts."""

    withheld: dict[UUID, Why] = field(default_factory=dict)
    last: set[UUID] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Counted:
    id: UUID
    is_sent: bool
    is_withheld: bool
    at: datetime


async def spare(deliveries: Sequence[Delivery], entries: Mapping[UUID, Entry], most: int, now: datetime) -> Spared:
    """Which of `deliveries` stay at home: `most` automatic ones a day for each address and ticket.

    `entries` holds those that the deliveries speak of. Decided by rows alone, so that two dispatchers and
    a second try come to the same end.
    """
    spared = Spared()
    automatic = [each for each in deliveries if _is_automatic(each)]
    if not automatic:
        return spared
    silent = await silenced({(each.recipient_kind, each.recipient_id) for each in automatic}, now)
    earlier = await _earlier(automatic, now)
    busy = {each.ticket_id or 0 for each in automatic if _after(_before(each, earlier), None) >= most - 1}
    acts = await _acts(busy, now) if busy else {}
    answered = await _answered([each for each in automatic if _may_be_mirrored(each, entries)], now)
    for each in automatic:
        before = _before(each, earlier)
        since, by_hand = acts.get(each.ticket_id or 0, (None, None)) if each.recipient_kind == "agent" else (None, None)
        count = _after(before, since)
        all_of_them = _after(before, since, with_withheld=True)
        if (each.recipient_kind, each.recipient_id) in silent:
            spared.withheld[each.id] = Why.BOUNCES
        elif _after(before, by_hand) >= most * BY_HAND or each.id in answered:
            spared.withheld[each.id] = Why.LOOP
        elif count >= most and each.kind not in _ANSWERS:
            spared.withheld[each.id] = Why.LOOP if all_of_them >= most * SUSPICIOUS else Why.OFTEN
        elif count == most - 1 and each.recipient_kind == "agent":
            spared.last.add(each.id)
    return spared


def _is_automatic(delivery: Delivery) -> bool:
    return delivery.channel == "email" and delivery.ticket_id is not None and delivery.kind in _AUTOMATIC


def _reader(delivery: Delivery) -> Reader:
    return delivery.ticket_id or 0, delivery.recipient_kind, delivery.recipient_id


async def _earlier(deliveries: Sequence[Delivery], now: datetime) -> dict[Reader, list[_Counted]]:
    """What the same readers got about the same tickets within a day, wait for, or were spared."""
    tickets = {each.ticket_id for each in deliveries}
    of_today = Q(state=DeliveryState.WITHHELD, created_at__gt=now - DAY) | Q(sent_at__gt=now - DAY)
    rows = await Delivery.filter(
        of_today | Q(state__in=WAITING), ticket_id__in=tickets, channel="email", kind__in=_AUTOMATIC
    ).only("id", "ticket_id", "recipient_kind", "recipient_id", "state", "sent_at", "created_at")
    found: dict[Reader, list[_Counted]] = {}
    for row in rows:
        is_withheld = row.state == DeliveryState.WITHHELD
        counted = _Counted(row.id, row.sent_at is not None, is_withheld, row.created_at)
        found.setdefault(_reader(row), []).append(counted)
    return found


def _before(delivery: Delivery, earlier: Mapping[Reader, Sequence[_Counted]]) -> list[_Counted]:
    """What left before `delivery`, or will by its age."""
    rows = earlier.get(_reader(delivery), ())
    return [row for row in rows if row.id != delivery.id and (row.is_sent or row.id < delivery.id)]


def _after(rows: Sequence[_Counted], act: datetime | None, *, with_withheld: bool = False) -> int:
    return sum((act is None or row.at > act) and (with_withheld or not row.is_withheld) for row in rows)


async def _acts(tickets: set[int], now: datetime) -> dict[int, tuple[datetime | None, datetime | None]]:
    """When somebody of the desk last did something with each ticket, and when otherwise than by mail."""
    events = await Event.filter(ticket_id__in=tickets, actor__startswith="agent:", at__gt=now - DAY).exclude(
        kind__in=MACHINE_ACTS
    )
    said = {each.entry_id for each in events if each.entry_id}
    by_mail = set(await Entry.filter(id__in=said, channel="email").values_list("id", flat=True)) if said else set()
    # One mail may do several things, and not all of them have an entry: they share its moment.
    mails = {(each.ticket_id, each.actor, each.at) for each in events if each.entry_id in by_mail}
    found: dict[int, tuple[datetime | None, datetime | None]] = {}
    for event in sorted(events, key=lambda each: each.at):
        is_by_mail = (event.ticket_id, event.actor, event.at) in mails
        by_hand = found.get(event.ticket_id, (None, None))[1] if is_by_mail else event.at
        found[event.ticket_id] = (event.at, by_hand)
    return found


def _may_be_mirrored(delivery: Delivery, entries: Mapping[UUID, Entry]) -> bool:
    entry = entries.get(delivery.entry_id) if delivery.entry_id else None
    if entry is None or delivery.kind != DeliveryKind.ACKNOWLEDGEMENT:
        return False
    return entry.channel == "email" and entry.authentication != Authentication.TRUSTED_NETWORK


async def _answered(deliveries: Sequence[Delivery], now: datetime) -> set[UUID]:
    """Acknowledgements to persons who were sent too many of them lately."""
    if not deliveries:
        return set()
    # What is sent was due a moment ago, and of the two times this one has an index.
    rows = await query(
        'SELECT "recipient_id", count(*) AS "sent" FROM ('
        'SELECT "recipient_id", "recipient_kind", "kind", "state", "entry_id" FROM "delivery" WHERE "next_try_at" > $1'
        f' ORDER BY "next_try_at" DESC LIMIT {_LATEST}) AS "latest"'
        ' JOIN "entry" ON "entry"."id" = "latest"."entry_id"'
        ' WHERE "latest"."kind" = $2 AND "recipient_kind" = $3 AND "latest"."state" = $4'
        ' AND "entry"."channel" = $5 AND "entry"."authentication" <> $6 GROUP BY "recipient_id"',
        [
            now - WITHIN, DeliveryKind.ACKNOWLEDGEMENT.value, "person", DeliveryState.SENT.value, "email",
            Authentication.TRUSTED_NETWORK.value,
        ],
    )
    many = {int(row["recipient_id"]) for row in rows if int(row["sent"]) >= MANY_ACKNOWLEDGEMENTS}
    return {each.id for each in deliveries if each.recipient_kind == "person" and each.recipient_id in many}
