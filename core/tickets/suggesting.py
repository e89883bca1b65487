"""What may belong together though nothing proves it: said to agents, never acted on (TH10, TH09)."""

from datetime import timedelta
from typing import Any

from core.people.actor import Actor
from core.profile import Profile
from core.tickets.rights import may_read
from core.tickets.subjects import bare_subject
from core.tickets.tables import Entry, Ticket

WITHIN = timedelta(days=30)
_NEWEST = 50


async def suggestions(ticket: Ticket, actor: Actor, profile: Profile) -> list[dict[str, Any]]:
    """Other tickets of the same requester with the same subject, newest first, that `actor` may read.

    A mail program that sends no References makes a new ticket of each reply; an agent sees here what
    it may continue. `kind` is `same_subject`, or `new_topic` where a reply speaks of something else.
    """
    found = [{"kind": "same_subject", "protocol": each.protocol} for each in await _alike(ticket, actor, profile)]
    strays = await Entry.filter(ticket_id=ticket.id).exclude(subject="").order_by("seq").values_list("id", flat=True)
    return found + [{"kind": "new_topic", "entry": str(each)} for each in strays]


async def _alike(ticket: Ticket, actor: Actor, profile: Profile) -> list[Ticket]:
    subject = bare_subject(ticket.title).casefold()
    if not ticket.requester_id or not subject:
        return []
    others = (
        Ticket.filter(requester_id=ticket.requester_id, opened_at__gte=ticket.opened_at - WITHIN)
        .filter(opened_at__lte=ticket.opened_at + WITHIN)
        .exclude(id=ticket.id)
    )
    newest = await others.order_by("-id").limit(_NEWEST)
    alike = [each for each in newest if bare_subject(each.title).casefold() == subject]
    return [each for each in alike[:5] if await may_read(actor, each, profile)]
