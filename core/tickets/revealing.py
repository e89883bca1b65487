"""Showing an agent what the profile hides of an entry: whoever looks is noted (LGPD art. 37)."""

from datetime import datetime
from uuid import UUID

from core.audit import record
from core.database import telling_away, transaction
from core.decision import Reason
from core.errors import Refused
from core.people.actor import Actor
from core.tickets.entry_views import Row, entry_rows
from core.tickets.masking import NOTHING_HIDDEN
from core.tickets.rights import may_act
from core.tickets.tables import Entry


async def reveal(entry_id: str, actor: Actor, now: datetime) -> Row:
    """The entry with nothing hidden, for an agent who may work on its ticket; else `Refused(NOT_FOUND)`."""
    try:
        entry = await Entry.get_or_none(id=UUID(entry_id)).select_related("ticket")
    except ValueError:
        entry = None
    if entry is None or not may_act(actor, entry.ticket):
        raise Refused(Reason.NOT_FOUND)
    row = (await entry_rows([entry], NOTHING_HIDDEN, is_agent=True))[0]

    # Noted before he sees it: what cannot be noted is not shown.
    async with telling_away(), transaction():
        await record(actor.audit_name, "revealed", f"entry:{entry.id}", now)
    return row
