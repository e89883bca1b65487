"""Send again what could not be delivered, because an agent says so."""

from uuid import UUID

from core.decision import Reason
from core.deliveries import Delivery, DeliveryRef, DeliveryState
from core.errors import Refused
from core.people.actor import Actor
from core.tickets.changed import Changed, changing
from core.tickets.filing import Author
from core.tickets.office import Office
from core.tickets.rights import may_act, own_ticket


async def retry(protocol: str, delivery_id: str, actor: Actor, office: Office) -> Changed:
    """Queue a failed delivery once more: the same mail, and five new days of trying.

    Its attempts go on being counted. Raises `Refused` with not_found (no right, no such delivery)
    or invalid_transition (it has not failed).
    """
    wanted = known_id(delivery_id)
    ticket_id = (await own_ticket(protocol, actor, office.profile)).id

    async with changing(office) as change:
        ticket = await change.lock(ticket_id)
        delivery = await Delivery.get_or_none(id=wanted, ticket_id=ticket_id)
        if ticket is None or delivery is None or not may_act(actor, ticket):
            raise Refused(Reason.NOT_FOUND)
        if delivery.state != DeliveryState.FAILED:
            raise Refused(Reason.INVALID_TRANSITION)

        now = change.filing.now
        await Delivery.filter(id=delivery.id).update(state=DeliveryState.QUEUED, created_at=now, next_try_at=now)

        change.filing.record(
            ticket, "delivery_retried", Author("agent", actor.id, actor.name),
            changes={"delivery": [DeliveryState.FAILED.value, DeliveryState.QUEUED.value]},
        )  # fmt: skip
        return Changed(ticket.id, ticket.protocol, deliveries=(DeliveryRef(delivery.id, delivery.channel),))


def known_id(text: str) -> UUID:
    """`text` as an id of ours; what can be none is not found."""
    try:
        return UUID(text)
    except ValueError as error:
        raise Refused(Reason.NOT_FOUND) from error
