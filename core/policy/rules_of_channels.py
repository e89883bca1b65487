"""Rules about the way a message came: is the channel official, and may it be used for this?"""

from core.decision import Reason, Verdict
from core.message import InboundMessage, Intent, SpeakerKind
from core.policy.channels import exceptions_for, may_through
from core.policy.rule import Stop
from core.policy.sensitive import is_found
from core.profile import DataClass, Profile, SensitiveKind

# What nobody may send through an exception that forbids sensitive data; a CNPJ is public.
NOT_BY_EXCEPTION = (SensitiveKind.CPF, SensitiveKind.CARD, SensitiveKind.HEALTH)


def is_an_official_channel(message: InboundMessage, profile: Profile) -> Stop | None:
    """Support takes place on the official channels alone (S4-04, S4-27)."""
    if profile.is_official(message.channel, message.received_at):
        return None
    return Verdict.REFUSE, Reason.UNOFFICIAL_CHANNEL


def has_rules(_: InboundMessage, __: Profile) -> Stop:
    """A channel nobody wrote rules for lets nobody in, whatever a profile says."""
    return Verdict.REFUSE, Reason.UNOFFICIAL_CHANNEL


def chat_is_linked(message: InboundMessage, _: Profile) -> Stop | None:
    """A chat speaks for the person who linked it, and for nobody before that."""
    if message.speaker.kind is SpeakerKind.UNKNOWN:
        return Verdict.REFUSE, Reason.CHANNEL_NOT_LINKED
    return None


def channel_may_do_this(message: InboundMessage, profile: Profile) -> Stop | None:
    """The profile, or his organization's own rule, says whether a channel may open, complement, inquire (S4-23)."""
    allowed = may_through(message.channel, message.speaker, profile, message.received_at)
    if message.intent in allowed:
        return None
    is_call = message.channel == "phone" and message.intent is Intent.OPEN
    return Verdict.REFUSE, Reason.PHONE_MAY_NOT_OPEN if is_call else Reason.UNOFFICIAL_CHANNEL


def use_is_excepted(message: InboundMessage, profile: Profile) -> Stop | None:
    """An unofficial channel serves one sector and one purpose, while the profile excepts them (S4-27)."""
    if exceptions_for(message, profile):
        return None
    return Verdict.REFUSE, Reason.UNOFFICIAL_CHANNEL


def data_is_excepted(message: InboundMessage, profile: Profile) -> Stop | None:
    """Where the exception says so, nothing sensitive travels by it: neither said nor hidden in a name (S4-27)."""
    if any(each.data is DataClass.ANY for each in exceptions_for(message, profile)):
        return None
    # The whole text names the sender as well, whom the program in between may call anything.
    said = (message.author.name, message.title, message.text, message.full_text)
    if any(is_found(text, NOT_BY_EXCEPTION, profile.sensitive.health_words) for text in said):
        return Verdict.REFUSE, Reason.UNOFFICIAL_CHANNEL
    return None
