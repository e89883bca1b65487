"""A mail loop is suspected: the mail stays at home, and the ticket says so once a day."""

from core.deliveries import Delivery, DeliveryState
from core.texts import tr
from core.tickets.changed import changing
from core.tickets.filing import SYSTEM_AUTHOR, EntryText
from core.tickets.office import Office
from core.tickets.sparing import DAY, Why
from core.tickets.tables import Event

KIND = "loop_suspected"


async def note_suspected_loop(delivery: Delivery, name: str, office: Office) -> None:
    """Withhold `delivery` to `name`, and keep an internal entry unless the last day saw one.

    Nobody is mailed about it. Raises `Unavailable` when the database is away.
    """
    text = tr(
        office.profile.language,
        "A mail loop is suspected: {name} already received many automatic messages about this within a short time."
        " Further ones are withheld for now.",
        name=name,
    )

    async with changing(office) as change:
        ticket = await change.lock(delivery.ticket_id or 0)
        await Delivery.filter(id=delivery.id).update(state=DeliveryState.WITHHELD, last_error=Why.LOOP.value)
        since = change.filing.now - DAY
        if ticket is None or await Event.exists(ticket_id=ticket.id, kind=KIND, at__gt=since):
            return
        said = EntryText(text, delivery.channel, threaded_by="new", authentication="none")
        entry = change.filing.add_entry(ticket, "system", "internal", SYSTEM_AUTHOR, said)

        change.filing.record(ticket, KIND, SYSTEM_AUTHOR, entry=entry)
