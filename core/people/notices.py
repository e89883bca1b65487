"""Letters to somebody of the directory that concern no ticket: one row each, written with what caused it."""

from datetime import datetime

from core.deliveries import Delivery, DeliveryKind, DeliveryRef
from core.ids import new_id
from core.people.tables import Agent, Person


async def notify(kind: DeliveryKind, to: Agent | Person, now: datetime, detail: str = "") -> DeliveryRef:
    """Queue a letter of `kind`; call it in the transaction of its cause, announce it after the commit.

    `detail` is an id. Whether `to` may still have the letter is asked again when it is sent.
    """
    kind_of_recipient = "agent" if isinstance(to, Agent) else "person"
    delivery = await Delivery.create(
        id=new_id(), kind=kind.value, channel="email", recipient_kind=kind_of_recipient, recipient_id=to.id,
        detail=detail, next_try_at=now, created_at=now,
    )  # fmt: skip
    return DeliveryRef(delivery.id, delivery.channel)
