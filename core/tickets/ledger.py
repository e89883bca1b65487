"""Where is this mail? The ledger of everything received: one row each, with its outcome and the rules that made it."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tortoise.expressions import Q

from core.errors import InvalidFields, Unavailable
from core.people.actor import SYSTEM, Actor
from core.people.addresses import canonical_email
from core.tickets.holding import opened
from core.tickets.office import Office
from core.tickets.rights import MAX_PROTOCOL, may_read, readable
from core.tickets.tables import Entry, Held, Intake

PAGE = 50
MAX_PAGE = 200
MAX_QUERY = 500
# A subject stands nowhere but in the ticket and in the sealed mail, so only the newest are looked through.
_NEWEST_TITLES = 200
_NEWEST_HELD = 500
_OPENED_AT_ONCE = 20

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """Rows, newest first, and the cursor of the next page, None at the end."""

    items: list[Row]
    next: str | None


async def find_intake(
    office: Office, q: str = "", *, actor: Actor = SYSTEM, limit: int = PAGE, cursor: str = ""
) -> Found:
    """What was received, all of it or what `q` finds.

    `q` is an address, a Message-ID, a protocol, an id of the ledger, or words of a subject. Of
    refused messages no address or subject is kept: they are found by the keyed hash of what is
    asked for, and by nothing else (INTERFACES.md §5). An agent sees the protocols he may read.
    Raises `InvalidFields` on a cursor that is none.
    """
    rows = Intake.all().order_by("-id").limit(min(limit, MAX_PAGE) + 1)
    if wanted := q.strip()[:MAX_QUERY].replace("\x00", ""):
        rows = rows.filter(await _named_by(wanted, actor, office))
    if cursor:
        rows = rows.filter(id__lt=_id(cursor))
    found = await rows
    shown = found[: min(limit, MAX_PAGE)]
    return Found(await _shown(shown, actor, office), str(shown[-1].id) if len(found) > len(shown) else None)


def _id(cursor: str) -> UUID:
    try:
        return UUID(cursor)
    except ValueError as error:
        raise InvalidFields({"cursor": ["is none of ours"]}) from error


async def _named_by(wanted: str, actor: Actor, office: Office) -> Q:
    try:
        return Q(id=UUID(wanted))
    except ValueError:
        pass
    bare = wanted.removeprefix("<").removesuffix(">")
    pseudonym = office.signing.pseudonym
    named = Q(message_id_hash=pseudonym(bare))
    if address := canonical_email(bare):
        named |= Q(sender_hash=pseudonym(address))
    tickets = Q(title__icontains=wanted)
    if len(wanted) <= MAX_PROTOCOL:
        tickets |= Q(protocol=wanted)
    # Words of a ticket he may not read find nothing: else a search would tell what it is about (W21).
    newest = readable(actor, office.profile).filter(tickets).order_by("-id").limit(_NEWEST_TITLES)
    ids = await newest.values_list("id", flat=True)
    entries = await Entry.filter(ticket_id__in=list(ids), intake_id__isnull=False).values_list("intake_id", flat=True)
    named_ids = [*entries, *(await _held_about(wanted, office))]
    return named | Q(id__in=named_ids) if named_ids else named


async def _held_about(wanted: str, office: Office) -> list[UUID]:
    """The held ones whose subject has the words; what they say is opened only here, and only to compare.

    A few at a time: each may be megabytes, and others want their turn between.
    """
    words, about = wanted.casefold(), []
    newest = Held.filter(state="held").order_by("-received_at").limit(_NEWEST_HELD)
    ids = [each async for each in newest.values_list("id", flat=True)]
    for at in range(0, len(ids), _OPENED_AT_ONCE):
        for row in await Held.filter(id__in=ids[at : at + _OPENED_AT_ONCE]):
            with suppress(Unavailable):  # Its key is gone, and with it what it said.
                if words in opened(row, office.sealing).title.casefold():
                    about.append(row.id)
    return about


async def _shown(rows: Sequence[Intake], actor: Actor, office: Office) -> list[Row]:
    ids = [row.id for row in rows]
    entries = {each.intake_id: each for each in await Entry.filter(intake_id__in=ids).select_related("ticket")}
    decided = {row.id: row.state for row in await Held.filter(id__in=ids).only("id", "state")}
    readable: dict[int, bool] = {}
    for entry in entries.values():
        if entry.ticket_id not in readable:
            readable[entry.ticket_id] = await may_read(actor, entry.ticket, office.profile)
    return [
        {
            "id": str(row.id), "at": row.received_at.isoformat(), "channel": row.channel,
            "outcome": _outcome(row, decided), "reason": row.reason,
            "protocol": _protocol(entries.get(row.id), readable), "size": row.size,
            "trail": row.trail.split(), "flags": row.flags.split(),
        }  # fmt: skip
        for row in rows
    ]


def _outcome(row: Intake, decided: dict[UUID, str]) -> str:
    """What became of it in the end: held, it may be discarded or expired since, or a copy of it was filed."""
    state = decided.get(row.id, "") if row.outcome == "held" else ""
    return state if state in ("discarded", "expired", "resolved") else row.outcome


def _protocol(entry: Entry | None, readable: dict[int, bool]) -> str | None:
    return entry.ticket.protocol if entry is not None and readable[entry.ticket_id] else None
