"""A mail server reports what became of a letter of ours: filed on its ticket, answered by nothing (O13, L08)."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import structlog

from core.bounce_scores import HARD, SOFT, add_bounce
from core.deliveries import Delivery
from core.message import Bounce
from core.people.tables import Agent, Person
from core.texts import tr
from core.tickets.failing import mark_failed, say_failed
from core.tickets.filing import SYSTEM_AUTHOR, Filing
from core.tickets.return_addresses import delivery_tag
from core.tickets.tables import Event, Ticket

FAILED, DELAYED = "failed", "delayed"
_FULL = "5.2.2"
_DELAY = "delivery_delayed"

_log = structlog.get_logger(__name__)


def tickets_of(bounces: Sequence[Bounce]) -> set[int]:
    """The tickets that `bounces` are bound to."""
    return {each.ticket_id for each in bounces if _is_bound(each) and each.ticket_id is not None}


async def file_bounces(filing: Filing, bounces: Sequence[Bounce], tickets: Mapping[int, Ticket]) -> None:
    """Act on what is bound to a delivery by its signed return path; the rest was counted, no more (L07).

    `tickets` are those of `tickets_of`, locked; part of the caller's transaction. The ledger lets each
    report come here once, and a delivery fails once, whoever reports it again.
    """
    for bounce in bounces:
        ticket = tickets.get(bounce.ticket_id or 0)
        if ticket is None or not _is_bound(bounce):
            continue
        delivery = await _delivery(ticket, bounce.delivery_tag)
        if delivery is None:
            _log.warning("bounce_of_no_delivery", intake_id=str(bounce.intake_id))
        elif bounce.action == DELAYED:
            await _note_delay(filing, ticket)
        else:
            await _fail(filing, ticket, delivery, bounce)


def _is_bound(bounce: Bounce) -> bool:
    """A vacation answer that came to a return path reports nothing, nor does a mail that was delivered."""
    return bounce.delivery_tag is not None and bounce.action in (FAILED, DELAYED)


async def _delivery(ticket: Ticket, tag: int | None) -> Delivery | None:
    rows = await Delivery.filter(ticket_id=ticket.id, channel="email")
    return next((each for each in rows if delivery_tag(each.id) == tag), None)


async def _note_delay(filing: Filing, ticket: Ticket) -> None:
    """Once a day: a row makes a version, and servers that go on trying go on telling."""
    since = filing.now - timedelta(days=1)
    is_known = any(each.ticket_id == ticket.id and each.kind == _DELAY for each in filing.events)
    if not is_known and not await Event.exists(ticket_id=ticket.id, kind=_DELAY, at__gt=since):
        filing.record(ticket, _DELAY, SYSTEM_AUTHOR)


async def _fail(filing: Filing, ticket: Ticket, delivery: Delivery, bounce: Bounce) -> None:
    reason = _reason(bounce.status, filing.office.profile.language)
    if not await mark_failed(delivery, reason):
        return

    say_failed(filing, ticket, delivery, await _name(delivery), reason)

    if delivery.recipient_kind in ("person", "agent"):
        await add_bounce((delivery.recipient_kind, delivery.recipient_id), _weight(bounce.status), filing.now)


def _weight(status: str) -> float:
    """A mailbox that is full today is not gone, whatever class its server gives that."""
    return HARD if status.startswith("5") and status != _FULL else SOFT


def _reason(status: str, language: str) -> str:
    """The other side's numbers alone: its words may hold the address."""
    if not status:
        return tr(language, "the recipient's mail server returned it")
    return tr(language, "the recipient's mail server returned it with {status}", status=status)


async def _name(delivery: Delivery) -> str:
    table = Agent if delivery.recipient_kind == "agent" else Person
    row = await table.get_or_none(id=delivery.recipient_id)
    return row.name if row is not None else "?"
