"""An office with an open ticket, and the reports that come back to it."""

import hashlib
from collections.abc import Callable

import pytest

from core import clock
from core.deliveries import Delivery
from core.ids import new_id
from core.message import Bounce
from core.tickets.intake import file_batch
from core.tickets.office import Office
from core.tickets.return_addresses import delivery_tag
from core.tickets.tables import Ticket
from tests.tickets.conftest import Cast, Say, cast, say

__all__ = ["cast", "say"]

Report = Callable[..., Bounce]


@pytest.fixture
async def ticket(office: Office, cast: Cast, say: Say) -> Ticket:
    """Ana's ticket, with her acknowledgement and the notices to Clara and Lia."""
    await file_batch([say(cast.ana, "A impressora parou")], office, clock.now())
    return await Ticket.get()


async def acknowledgement_of(ticket: Ticket) -> Delivery:
    """The one that gave the requester his protocol."""
    return await Delivery.get(ticket_id=ticket.id, kind="acknowledgement")


def report(delivery: Delivery | None = None, action: str = "failed", status: str = "5.1.1", key: str = "") -> Bounce:
    """A bounce as the door hands it over: bound to `delivery`, or to none."""
    intake_id = new_id()
    return Bounce(
        intake_id=intake_id, channel="email", received_at=clock.now(), action=action, status=status,
        dedupe_key=hashlib.sha256((key or str(intake_id)).encode()).hexdigest(),
        ticket_id=delivery.ticket_id if delivery else None,
        delivery_tag=delivery_tag(delivery.id) if delivery else None,
    )  # fmt: skip
