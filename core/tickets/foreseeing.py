"""What filing a message would come to: asked without a lock, and nothing is written."""

from dataclasses import dataclass
from datetime import datetime

from core.database import telling_away
from core.decision import Reason
from core.message import Bounce, InboundMessage
from core.profile import Profile
from core.tickets import bouncing, threading
from core.tickets.complementing import succeeds
from core.tickets.placing import place_of
from core.tickets.speaking import speaker_of, speakers_now
from core.tickets.tables import Intake, Ticket
from core.tickets.threading import threaded_by


@dataclass(frozen=True, slots=True)
class Foreseen:
    """The ticket the message names, None where it would open one; `reason` where filing would hold it.

    `is_succeeded` says that a new ticket would be linked to it instead, `is_filed` that a copy of
    the message was filed before, so that this one would change nothing.
    """

    ticket: Ticket | None = None
    threaded_by: str = ""
    reason: Reason | None = None
    is_succeeded: bool = False
    is_filed: bool = False


async def foresee(message: InboundMessage, profile: Profile, now: datetime) -> Foreseen:
    """What the worker would do with an accepted `message`. Raises `Unavailable` when the database is away."""
    async with telling_away():
        is_filed = await Intake.exists(dedupe_key=f"filed:{message.dedupe_key}")
        speaker = speaker_of(message, await speakers_now([message]), profile)
        if speaker is None:
            return Foreseen(reason=Reason.NO_STANDING, is_filed=is_filed)
        known = message.model_copy(update={"speaker": speaker})
        found = await threading.candidates([known], now, locked=False)
    place = place_of(known, found, profile)
    if place.match is None:
        return Foreseen(reason=place.reason, is_filed=is_filed)
    ticket = place.match.ticket
    return Foreseen(
        ticket, threaded_by(known, place.match), place.reason,
        is_succeeded=succeeds(ticket, known, profile, now), is_filed=is_filed,
    )  # fmt: skip


async def bound_ticket(bounce: Bounce) -> Ticket | None:
    """The ticket whose delivery a bounce reports about, by its signed return path and by nothing else."""
    async with telling_away():
        return await Ticket.get_or_none(id__in=bouncing.tickets_of([bounce]))
