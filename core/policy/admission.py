"""May this message come in? An ordered list of small named rules for each channel, all pure."""

from collections.abc import Callable

from core.decision import Decision, Reason, Step, Verdict
from core.message import Authentication, Claim, ClaimKind, InboundMessage, Intent, SpeakerKind
from core.policy.standing import may_speak
from core.profile import MailboxPurpose, Profile

Stop = tuple[Verdict, Reason]
Rule = Callable[[InboundMessage, Profile], Stop | None]

# What the scanner of files noted on a message.
INFECTED, NOT_SCANNED = "infected", "not_scanned"

_PASSED = "passed"
_RELEASED = "released"


def judge(message: InboundMessage, profile: Profile) -> Decision:
    """The first rule that stops the message decides; a message no rule stops is accepted.

    A hold whose reason stands in `message.released_rules` is passed over, and the trail says so.
    Whether the speaker has standing on the ticket he claims is judged where the ticket is known.
    """
    trail: list[Step] = []
    for rule in _RULES.get(message.channel, (is_an_official_channel, has_rules)):
        stop = rule(message, profile)
        name = rule.__name__
        if stop is None:
            trail.append(Step(name, _PASSED))
        elif stop[0] is Verdict.HOLD and _is_released(stop[1], message):
            trail.append(Step(name, _RELEASED))
        else:
            trail.append(Step(name, stop[0].value))
            return Decision(stop[0], stop[1], tuple(trail))
    return Decision(Verdict.ACCEPT, None, tuple(trail))


def _is_released(reason: Reason, message: InboundMessage) -> bool:
    if reason not in message.released_rules:
        return False
    # An operator's word proves no agent and no board (INTERFACES.md §5).
    is_customer = message.speaker.kind not in (SpeakerKind.AGENT, SpeakerKind.BOARD)
    return is_customer or reason is not Reason.SENDER_NOT_PROVEN


def sender_is_not_blocked(message: InboundMessage, _: Profile) -> Stop | None:
    """Whoever is on the block list is refused, whatever else would be said of him (IN16)."""
    return (Verdict.REFUSE, Reason.BLOCKED_SENDER) if message.sender_is_blocked else None


def is_an_official_channel(message: InboundMessage, profile: Profile) -> Stop | None:
    """Support takes place on the official channels alone (S4-27)."""
    if profile.is_official(message.channel, message.received_at):
        return None
    return Verdict.REFUSE, Reason.UNOFFICIAL_CHANNEL


def has_rules(_: InboundMessage, __: Profile) -> Stop:
    """A channel nobody wrote rules for lets nobody in, whatever a profile says."""
    return Verdict.REFUSE, Reason.UNOFFICIAL_CHANNEL


def mail_was_read(message: InboundMessage, _: Profile) -> Stop | None:
    """What even the reader's safety net let through waits, as it came, until the reader is mended."""
    return (Verdict.HOLD, Reason.UNREADABLE) if "unreadable" in message.flags else None


def stranger_holds_no_reply_address(message: InboundMessage, profile: Profile) -> Stop | None:
    """Who may not speak, yet writes to a reply address we signed, is shown to an operator."""
    if _may_write(message, profile) or not _reply_token(message):
        return None
    return Verdict.HOLD, Reason.NO_STANDING


def sender_may_write(message: InboundMessage, profile: Profile) -> Stop | None:
    """Blocked, unregistered, or without the right to speak: one answer, whatever the cause (S19)."""
    return None if _may_write(message, profile) else (Verdict.REFUSE, Reason.NOT_AUTHORIZED)


def sender_is_proven(message: InboundMessage, _: Profile) -> Stop | None:
    """A From proves nobody. What a board mailbox asks for needs more than a trusted network, too."""
    proofs = {Authentication.DMARC, Authentication.TRUSTED_NETWORK}
    if message.speaker.kind is SpeakerKind.BOARD:
        proofs.remove(Authentication.TRUSTED_NETWORK)
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


def chat_is_linked(message: InboundMessage, _: Profile) -> Stop | None:
    """A chat speaks for the person who linked it, and for nobody before that."""
    if message.speaker.kind is SpeakerKind.UNKNOWN:
        return Verdict.REFUSE, Reason.CHANNEL_NOT_LINKED
    return None


def person_may_speak(message: InboundMessage, _: Profile) -> Stop | None:
    """Only persons with the right to speak with support, and not blocked."""
    return None if may_speak(message.speaker) else (Verdict.REFUSE, Reason.NOT_AUTHORIZED)


def channel_may_do_this(message: InboundMessage, profile: Profile) -> Stop | None:
    """The profile says of each channel whether it may open, complement, inquire (S4-23)."""
    if message.intent in profile.may(message.channel, message.received_at):
        return None
    is_call = message.channel == "phone" and message.intent is Intent.OPEN
    return Verdict.REFUSE, Reason.PHONE_MAY_NOT_OPEN if is_call else Reason.UNOFFICIAL_CHANNEL


def matter_is_in_scope(message: InboundMessage, profile: Profile) -> Stop | None:
    """A category the desk does not serve is declined, with its explanation."""
    category = profile.category(message.fields.get("category", ""))
    if message.intent is not Intent.OPEN or category is None or category.out_of_scope is None:
        return None
    return Verdict.REFUSE, Reason.OUT_OF_SCOPE


def address_is_confirmed(message: InboundMessage, _: Profile) -> Stop | None:
    """A form that lets anybody type any address waits until that address answers (T20)."""
    if message.authentication is Authentication.NONE:
        return Verdict.HOLD, Reason.ADDRESS_NOT_CONFIRMED
    return None


def files_are_clean(message: InboundMessage, _: Profile) -> Stop | None:
    """A file with a virus in it, or one the scanner could not look at, waits for an operator's word."""
    if {INFECTED, NOT_SCANNED} & set(message.flags):
        return Verdict.HOLD, Reason.INFECTED
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


_RULES: dict[str, tuple[Rule, ...]] = {
    "email": (
        sender_is_not_blocked,
        is_an_official_channel,
        mail_was_read,
        stranger_holds_no_reply_address,
        sender_may_write,
        sender_is_proven,
        agent_answers_with_his_own_token,
        channel_may_do_this,
        files_are_clean,
    ),
    "form": (
        sender_is_not_blocked,
        is_an_official_channel,
        person_may_speak,
        channel_may_do_this,
        matter_is_in_scope,
        address_is_confirmed,
        files_are_clean,
    ),
    "telegram": (is_an_official_channel, chat_is_linked, person_may_speak, channel_may_do_this, files_are_clean),
    "phone": (is_an_official_channel, person_may_speak, channel_may_do_this),
}
