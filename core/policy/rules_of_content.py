"""Rules about what a message holds: can it be read, is it our matter, does it carry what it must not?"""

from core.decision import Reason, Verdict
from core.message import InboundMessage, Intent
from core.policy.rule import Stop
from core.policy.sensitive import is_found
from core.profile import Profile

# What the scanner of files noted on a message.
INFECTED, NOT_SCANNED = "infected", "not_scanned"


def mail_was_read(message: InboundMessage, _: Profile) -> Stop | None:
    """What even the reader's safety net let through waits, as it came, until the reader is mended."""
    return (Verdict.HOLD, Reason.UNREADABLE) if "unreadable" in message.flags else None


def matter_is_in_scope(message: InboundMessage, profile: Profile) -> Stop | None:
    """A category the desk does not serve is declined, with its explanation."""
    if message.intent is not Intent.OPEN or not (slug := message.fields.get("category")):
        return None
    category = profile.category(slug)
    if category is None or category.out_of_scope is None:
        return None
    return Verdict.REFUSE, Reason.OUT_OF_SCOPE


def carries_no_sensitive_data(message: InboundMessage, profile: Profile) -> Stop | None:
    """Kinds of data that the profile does not take at all; it looks for nothing where it names none."""
    kinds = profile.sensitive.refuse
    if not kinds:
        return None
    words = profile.sensitive.health_words
    if is_found(message.title, kinds, words) or is_found(message.text, kinds, words):
        return Verdict.REFUSE, Reason.SENSITIVE_DATA
    return None


def files_are_clean(message: InboundMessage, _: Profile) -> Stop | None:
    """A file with a virus in it, or one the scanner could not look at, waits for an operator's word."""
    if message.flags and {INFECTED, NOT_SCANNED} & set(message.flags):
        return Verdict.HOLD, Reason.INFECTED
    return None
