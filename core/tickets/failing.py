"""A delivery that will never arrive: said on the ticket itself, to the agents who handle it."""

from core.deliveries import Delivery, DeliveryState
from core.texts import tr
from core.tickets.changed import changing
from core.tickets.filing import SYSTEM_AUTHOR, EntryText, Filing
from core.tickets.office import Office
from core.tickets.tables import Ticket


async def note_failed_delivery(delivery: Delivery, name: str, reason: str, office: Office) -> None:
    """Mark `delivery` failed and keep an internal entry that names the recipient and the reason.

    Nobody is mailed about it: a failing address would answer a mail with a mail (O13). Raises
    `Unavailable` when the database is away.
    """
    async with changing(office) as change:
        if delivery.ticket_id is not None:
            ticket = await change.lock(delivery.ticket_id)
        else:
            await change.begin()
            ticket = None
        # A database that was away longer than our lease let somebody else have it: his outcome counts.
        ours = Delivery.filter(id=delivery.id, state=DeliveryState.UNCERTAIN, attempts=delivery.attempts)
        if await ours.update(state=DeliveryState.FAILED, last_error=reason[:200]) and ticket is not None:
            say_failed(change.filing, ticket, delivery, name, reason)


async def mark_failed(delivery: Delivery, reason: str) -> bool:
    """Write the row's outcome; False when it had failed before. Part of the caller's transaction."""
    return bool(
        await Delivery.filter(id=delivery.id).exclude(state=DeliveryState.FAILED).update(
            state=DeliveryState.FAILED, last_error=reason[:200]
        )
    )


def say_failed(filing: Filing, ticket: Ticket, delivery: Delivery, name: str, reason: str) -> None:
    """Tell on the ticket that `delivery` to `name` failed; `reason` holds no address."""
    language = filing.office.profile.language
    text = tr(language, "A message to {name} could not be delivered: {reason}.", name=name, reason=reason)
    said = EntryText(text, delivery.channel, threaded_by="new", authentication="none")
    entry = filing.add_entry(ticket, "system", "internal", SYSTEM_AUTHOR, said)

    filing.record(
        ticket, "delivery_failed", SYSTEM_AUTHOR, entry=entry,
        changes={"delivery": [DeliveryState.QUEUED.value, DeliveryState.FAILED.value]},
    )  # fmt: skip
