"""A telephone call as the agent who took it writes it down."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.message import Address, Authentication, Claim, ClaimKind, InboundMessage, Intent, Speaker
from core.people.actor import Actor
from core.texts import tr
from gateway.ingest.desk import Desk


@dataclass(frozen=True, slots=True)
class Call:
    """What the agent wrote down; the times are the call's, not those of the writing (N16)."""

    intent: Intent
    summary: str
    protocol: str = ""
    caller_phone: str = ""
    caller_email: str = ""
    caller_name: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CallArrival:
    """One call in the log, and who logged it when."""

    intake_id: UUID
    dedupe_key: str
    received_at: datetime
    agent: Actor
    call: Call


def normalise(arrival: CallArrival, caller: Speaker, desk: Desk) -> InboundMessage:
    """The message: said by the caller, believed on the agent's word."""
    call = arrival.call
    return InboundMessage(
        intake_id=arrival.intake_id,
        channel="phone",
        dedupe_key=arrival.dedupe_key,
        received_at=arrival.received_at,
        speaker=caller,
        author=Address(name=caller.name or call.caller_name, email=caller.email),
        authentication=Authentication.AGENT,
        intent=call.intent,
        mailbox=desk.profile.support_mailbox.address,
        claims=(Claim(kind=ClaimKind.PROTOCOL, text=call.protocol),) if call.protocol else (),
        text=call.summary,
        full_text=f"{call.summary}\n\n{_circumstances(arrival, desk)}",
        fields=_fields(arrival),
        size=len(call.summary.encode()),
        sender_hash=desk.signing.pseudonym(call.caller_phone or call.caller_email),
    )


def _fields(arrival: CallArrival) -> dict[str, str]:
    call = arrival.call
    fields = {"logged_by": arrival.agent.audit_name}
    if call.started_at is not None:
        fields["started_at"] = call.started_at.isoformat()
    if call.ended_at is not None:
        fields["ended_at"] = call.ended_at.isoformat()
    return fields


def _circumstances(arrival: CallArrival, desk: Desk) -> str:
    language, zone, call = desk.profile.language, desk.profile.zone, arrival.call
    lines = [tr(language, "Call written down by {agent}.", agent=arrival.agent.name or arrival.agent.email)]
    if call.started_at is not None:
        lines.append(tr(language, "Began: {time}", time=f"{call.started_at.astimezone(zone):%Y-%m-%d %H:%M}"))
    if call.ended_at is not None:
        lines.append(tr(language, "Ended: {time}", time=f"{call.ended_at.astimezone(zone):%Y-%m-%d %H:%M}"))
    return "\n".join(lines)
