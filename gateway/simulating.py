"""What the mail door would do with a mail right now, and the worker after it: everything is asked, nothing is done."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from core.decision import Decision, Reason, Step, Verdict
from core.errors import Unavailable, Unproven
from core.message import Bounce, InboundMessage
from core.queues import Publication
from core.tickets.foreseeing import Foreseen, bound_ticket, foresee
from gateway.channels.email import MailArrival, normalise
from gateway.channels.smtp_answers import trouble_answer, verdict_answer
from gateway.ingest.desk import Desk
from gateway.ingest.rates import Rates
from gateway.ingest.receive import decided
from gateway.simulated import DEFER, Envelope, Simulated
from gateway.trying_envelopes import try_envelope, try_recipients

_NAME = "OK"


class NoQueue:
    """Where a message of a simulation would be published, if anything of it were."""

    async def publish(self, queue: str, publications: Sequence[Publication]) -> None:
        raise AssertionError(f"a simulation publishes nothing: {len(publications)} to {queue}")


async def simulate(raw: bytes, envelope: Envelope, desk: Desk, now: datetime) -> Simulated:
    """What an SMTP session bringing `raw` in `envelope` would hear, and what the worker would then do.

    Nothing is written, published, counted or sent; DNS and the scanner are asked. How often somebody
    came before is not. Raises `InvalidFields` when the peer is no address.
    """
    arrival = try_envelope(raw, envelope, desk, now)
    if isinstance(arrival, Simulated):
        return arrival
    told = await _after_data(arrival, without_hands(desk))
    _, refused = try_recipients(envelope.recipients, desk.profile)
    return replace(told, refused_recipients=refused)


def without_hands(desk: Desk) -> Desk:
    """The same desk, with measures that nobody shares and a queue that takes nothing."""
    return replace(desk, rates=Rates(), queue=NoQueue())


async def _after_data(arrival: MailArrival, desk: Desk) -> Simulated:
    try:
        inbound, decision = await decided(await normalise(arrival, desk), desk)
        return await _at_the_worker(inbound, decision, desk, arrival.received_at)
    except Unproven as error:
        return await _in_doubt(arrival, desk, error)
    except Unavailable as error:
        return Simulated(DEFER, Reason.TEMPORARILY_UNAVAILABLE, trouble_answer(error))


async def _in_doubt(arrival: MailArrival, desk: Desk, error: Unproven) -> Simulated:
    """DNS would have to tell; the trail says how far the mail came without it."""
    inbound, _ = await decided(await normalise(arrival, replace(desk, prover=None)), desk)
    *passed, last = _steps(inbound)
    trail = (*passed, Step(last.rule, DEFER))
    return Simulated(DEFER, Reason.TEMPORARILY_UNAVAILABLE, trouble_answer(error), trail)


async def _at_the_worker(
    inbound: InboundMessage | Bounce, decision: Decision, desk: Desk, now: datetime
) -> Simulated:
    smtp, trail = verdict_answer(decision, _NAME, desk.profile, now), _steps(inbound)
    if isinstance(inbound, Bounce):
        ticket = await bound_ticket(inbound)
        return Simulated(decision.verdict.value, None, smtp, trail, ticket, "message_id" if ticket else "")
    if not decision.is_accepted:
        return Simulated(decision.verdict.value, decision.reason, smtp, trail)
    return filed(await foresee(inbound, desk.profile, now), trail, smtp)


def filed(seen: Foreseen, trail: tuple[Step, ...], smtp: str | None) -> Simulated:
    """What filing adds to a message that every rule of the door let pass."""
    if seen.is_filed:
        trail = (*trail, Step("comes_for_the_first_time", "filed_before"))
    if seen.reason is not None:
        held = (*trail, Step("has_part_in_the_ticket", Verdict.HOLD.value))
        return Simulated(Verdict.HOLD.value, seen.reason, smtp, held)
    if seen.ticket is not None:
        trail = (*trail, Step("has_part_in_the_ticket", "passed"))
    return Simulated(
        Verdict.ACCEPT.value, None, smtp, trail, seen.ticket, seen.threaded_by, is_succeeded=seen.is_succeeded
    )


def _steps(inbound: InboundMessage | Bounce) -> tuple[Step, ...]:
    """The trail as the ledger would keep it, what was found about the sender included."""
    named = (each.partition("=") for each in inbound.trail)
    return tuple(Step(rule, outcome) for rule, _, outcome in named)
