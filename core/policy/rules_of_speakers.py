"""Rules about who speaks: is it proven, is he known, and may he?"""

from core.decision import Reason, Verdict
from core.message import Authentication, Claim, ClaimKind, InboundMessage, Intent, SpeakerKind
from core.policy.rule import Stop
from core.policy.standing import may_speak
from core.profile import MailboxPurpose, Profile

_PROOFS = (Authentication.DMARC, Authentication.TRUSTED_NETWORK)
_COLLEAGUES = (SpeakerKind.PERSON, SpeakerKind.UNKNOWN)


def sender_is_not_blocked(message: InboundMessage, _: Profile) -> Stop | None:
    """Whoever is on the block list is refused, whatever else would be said of him (IN16)."""
    return (Verdict.REFUSE, Reason.BLOCKED_SENDER) if message.sender_is_blocked else None


def stranger_holds_no_reply_address(message: InboundMessage, profile: Profile) -> Stop | None:
    """Who may not speak, yet writes to a reply address we signed, is shown to an operator."""
    if _may_write(message, profile) or not _reply_token(message):
        return None
    return Verdict.HOLD, Reason.NO_STANDING


def colleague_waits_for_administrator(message: InboundMessage, profile: Profile) -> Stop | None:
    """Where the profile says so, a proven colleague without permission waits for his administrator.

    A colleague is a registered person who may not speak, or an address of his organization's domain.
    """
    if not profile.access.hold_colleagues:
        return None
    speaker = message.speaker
    if speaker.kind not in _COLLEAGUES or speaker.organization_id is None or speaker.may_speak or speaker.blocked:
        return None
    # Unproven he hears what every stranger hears: a From is no sign of belonging anywhere.
    return (Verdict.HOLD, Reason.AWAITING_ADMINISTRATOR) if message.authentication in _PROOFS else None


def sender_may_write(message: InboundMessage, profile: Profile) -> Stop | None:
    """Blocked, unregistered, or without the right to speak: one answer, whatever the cause (S19)."""
    return None if _may_write(message, profile) else (Verdict.REFUSE, Reason.NOT_AUTHORIZED)


def sender_is_proven(message: InboundMessage, _: Profile) -> Stop | None:
    """A From proves nobody. What a board mailbox asks for needs more than a trusted network, too."""
    proofs = _PROOFS if message.speaker.kind is not SpeakerKind.BOARD else (Authentication.DMARC,)
    return None if message.authentication in proofs else (Verdict.HOLD, Reason.SENDER_NOT_PROVEN)


def agent_answers_with_his_own_token(message: InboundMessage, _: Profile) -> Stop | None:
    """An agent speaks to customers only by a reply address that was made for him (T08)."""
    if message.speaker.kind is not SpeakerKind.AGENT:
        return None
    if message.is_automatic and any(_is_a_return_path(each) for each in message.claims):
        return None  # His responder answers our notice; it stays in the house.
    tokens = [each for each in message.claims if each.kind is ClaimKind.REPLY_TOKEN]
    if any(each.for_agent and each.recipient_id == message.speaker.id for each in tokens):
        return None
    return Verdict.HOLD, Reason.NO_STANDING


def person_may_speak(message: InboundMessage, _: Profile) -> Stop | None:
    """Only persons with the right to speak with support, and not blocked (S4-02, S4-17)."""
    return None if may_speak(message.speaker) else (Verdict.REFUSE, Reason.NOT_AUTHORIZED)


def person_may_ask_for_this(message: InboundMessage, profile: Profile) -> Stop | None:
    """Some matters are only for those whose organization lets them ask for such things (S4-03)."""
    if message.intent is not Intent.OPEN or not (slug := message.fields.get("category")):
        return None
    category = profile.category(slug)
    if category is None or category.scope is None or category.scope in message.speaker.scopes:
        return None
    return Verdict.REFUSE, Reason.SCOPE_MISSING


def address_is_confirmed(message: InboundMessage, _: Profile) -> Stop | None:
    """A form that lets anybody type any address waits until that address answers (T20)."""
    if message.authentication is Authentication.NONE:
        return Verdict.HOLD, Reason.ADDRESS_NOT_CONFIRMED
    return None


def _may_write(message: InboundMessage, profile: Profile) -> bool:
    speaker = message.speaker
    if speaker.kind is SpeakerKind.AGENT:
        return not speaker.blocked
    if speaker.kind is SpeakerKind.BOARD:
        return _purpose(message.mailbox, profile) is MailboxPurpose.ADMINISTRATORS
    return may_speak(speaker)


def _purpose(mailbox: str | None, profile: Profile) -> MailboxPurpose | None:
    return next((box.purpose for box in profile.mailboxes if box.address == mailbox), None)


def _is_a_return_path(claim: Claim) -> bool:
    return claim.kind is ClaimKind.MESSAGE_ID and claim.internal


def _reply_token(message: InboundMessage) -> bool:
    return any(each.kind is ClaimKind.REPLY_TOKEN for each in message.claims)
