"""What the other doors would do with a message: a form, a chat, a call, or a channel that is not official."""

from dataclasses import dataclass
from datetime import datetime

from core.decision import Reason, Step, Verdict
from core.ids import new_id
from core.message import (
    Address,
    Authentication,
    Claim,
    ClaimKind,
    InboundMessage,
    Intent,
    Speaker,
    SpeakerKind,
)
from core.people.addresses import canonical_email, canonical_phone
from core.people.tables import Identity
from core.policy.channels import ChannelState, channel_state
from core.policy.standing import may_speak
from core.tickets.foreseeing import foresee
from core.tickets.threading import ticket_for_speaker
from gateway.channels import excepted
from gateway.channels.excepted import ExceptedArrival, ExceptedPost
from gateway.ingest.desk import Desk
from gateway.ingest.receive import decided
from gateway.simulated import Simulated
from gateway.simulating import filed, without_hands

_PROOFS = {
    "form": Authentication.FORM_TOKEN, "phone": Authentication.AGENT, "portal": Authentication.SESSION,
    "telegram": Authentication.TELEGRAM_LINK,
}  # fmt: skip
# Who names a ticket that is none of his hears this, and the same when there is no such ticket (T22).
_NOT_HIS = {"form": Reason.NOT_FOUND, "portal": Reason.NOT_FOUND, "phone": Reason.NOT_AUTHORIZED}


@dataclass(frozen=True, slots=True)
class Knock:
    """What somebody would say at a door; `sender` is a mail address or a telephone number."""

    channel: str
    sender: str = ""
    intent: Intent = Intent.OPEN
    protocol: str = ""
    text: str = ""
    category: str = ""
    sector: str = ""
    purpose: str = ""


async def simulate_knock(knock: Knock, desk: Desk, now: datetime) -> Simulated:
    """What the door of `knock.channel` would answer, and what the worker would then do; nothing is written.

    A channel the profile does not list has no door: refused as `not_found`. Raises `Unavailable`.
    """
    if channel_state(knock.channel, desk.profile, now) is ChannelState.UNLISTED:
        return _refused(Reason.NOT_FOUND, (Step("is_an_official_channel", Verdict.REFUSE.value),))
    message = await _message(knock, desk, now)
    told, decision = await decided(message, without_hands(desk))
    assert isinstance(told, InboundMessage)
    if decision.is_accepted and await _is_not_his(told, desk):
        step = Step("has_part_in_the_ticket", Verdict.REFUSE.value)
        return _refused(_NOT_HIS[knock.channel], (*decision.trail, step))
    if not decision.is_accepted:
        return Simulated(decision.verdict.value, decision.reason, None, decision.trail)
    return filed(await foresee(told, desk.profile, now), decision.trail, None)


def _refused(reason: Reason, trail: tuple[Step, ...]) -> Simulated:
    return Simulated(Verdict.REFUSE.value, reason, None, trail)


async def _is_not_his(message: InboundMessage, desk: Desk) -> bool:
    """Whether he names a ticket he has no part in, to a door that tells him so."""
    if message.channel not in _NOT_HIS or not message.claims or not may_speak(message.speaker):
        return False
    return await ticket_for_speaker(message.claims[0].text, message.speaker, desk.profile) is None


async def _message(knock: Knock, desk: Desk, now: datetime) -> InboundMessage:
    if knock.channel not in _PROOFS:
        return _excepted(knock, desk, now)
    speaker = await _speaker(knock, desk, now)
    claims = (Claim(kind=ClaimKind.PROTOCOL, text=knock.protocol),) if knock.protocol else ()
    message = InboundMessage(
        intake_id=new_id(), channel=knock.channel, dedupe_key=f"simulated:{new_id()}", received_at=now,
        speaker=speaker, author=Address(name=speaker.name, email=speaker.email), authentication=_PROOFS[knock.channel],
        intent=Intent.COMPLEMENT if claims and knock.channel in ("form", "portal") else knock.intent,
        mailbox=desk.profile.support_mailbox.address, claims=claims, text=knock.text, full_text=knock.text,
        fields={"category": knock.category} if knock.category else {},
    )  # fmt: skip
    senders = [knock.sender, speaker.email]
    is_blocked = desk.blocks is not None and await desk.blocks.holds([each for each in senders if each], now)
    return message.model_copy(update={"sender_is_blocked": True}) if is_blocked else message


def _excepted(knock: Knock, desk: Desk, now: datetime) -> InboundMessage:
    """Of a channel that is official nowhere: whoever writes by it, nobody knows him."""
    sender = canonical_phone(knock.sender) or knock.sender
    post = ExceptedPost(sender, "", knock.sector, knock.purpose, knock.text)
    return excepted.normalise(ExceptedArrival(new_id(), f"simulated:{new_id()}", now, knock.channel, 0, post), desk)


async def _speaker(knock: Knock, desk: Desk, now: datetime) -> Speaker:
    """Who the door would see: by telephone or address; in a chat only who has linked one."""
    phone, email = canonical_phone(knock.sender), canonical_email(knock.sender)
    if email is not None:
        found = (await desk.directory.by_email(email, now)).speaker
    elif phone is not None:
        found = (await desk.directory.by_phone(phone, now)).speaker
    else:
        return Speaker()
    if knock.channel == "telegram" and not await _has_linked(found):
        return Speaker()
    return found


async def _has_linked(speaker: Speaker) -> bool:
    is_person = speaker.kind is SpeakerKind.PERSON
    return is_person and await Identity.exists(kind="telegram", person_id=speaker.id)
