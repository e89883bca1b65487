"""Every reason of the catalogue in the words of people, of HTTP and of SMTP."""

import unicodedata
from datetime import datetime

from core.decision import Reason
from core.policy.channels import official_names
from core.profile import Profile
from core.texts import tr

_TEXTS = {
    Reason.NOT_AUTHORIZED: "You are not authorized to speak with support here.",
    Reason.SENDER_NOT_PROVEN: "The sender's address could not be proven.",
    Reason.NO_STANDING: "You have no part in this ticket.",
    Reason.UNOFFICIAL_CHANNEL: "This is not an official support channel.",
    Reason.CHANNEL_NOT_LINKED: "This chat is not linked to anybody registered.",
    Reason.PHONE_MAY_NOT_OPEN: "A ticket cannot be opened by telephone.",
    Reason.AGENT_MAY_NOT_OPEN: "Agents do not open tickets at this desk.",
    Reason.AWAITING_ADMINISTRATOR: "An administrator of your organization has to authorize you first.",
    Reason.SENSITIVE_DATA: "The message holds sensitive data, which is not taken here.",
    Reason.SCOPE_MISSING: "You are not permitted to ask for this.",
    Reason.BLOCKED_SENDER: "You are not authorized to speak with support here.",
    Reason.ADDRESS_NOT_CONFIRMED: "The e-mail address has not been confirmed yet.",
    Reason.UNREADABLE: "The message could not be read; it is kept as it came.",
    Reason.INFECTED: "A file in the message is infected, or could not be checked.",
    Reason.OUT_OF_SCOPE: "This matter is outside what this desk serves.",
    Reason.KEY_USER_QUOTA: "The organization already has as many key users as its contract allows.",
    Reason.LAST_ADMINISTRATOR: "An organization keeps at least one administrator.",
    Reason.TOO_LARGE: "This is larger than we accept.",
    Reason.RATE_LIMITED: "Too many requests. Please try again later.",
    Reason.INVALID_FIELDS: "Some fields need to be corrected.",
    Reason.INVALID_TRANSITION: "The ticket does not allow this now.",
    Reason.STALE_VERSION: "Somebody changed the ticket meanwhile.",
    Reason.IDEMPOTENCY_CONFLICT: "This key was already used for another request.",
    Reason.UNSUPPORTED_MEDIA_TYPE: "This kind of content is not understood here.",
    Reason.NOT_FOUND: "There is nothing here.",
    Reason.METHOD_NOT_ALLOWED: "This cannot be done here.",
    Reason.BAD_REQUEST: "The request cannot be understood.",
    Reason.UNAUTHENTICATED: "Please sign in, or send a valid token.",
    Reason.TEMPORARILY_UNAVAILABLE: "We cannot take this at the moment. Please try again later.",
}
_NAMES_CHANNELS = {
    Reason.NOT_AUTHORIZED,
    Reason.BLOCKED_SENDER,
    Reason.UNOFFICIAL_CHANNEL,
    Reason.CHANNEL_NOT_LINKED,
    Reason.PHONE_MAY_NOT_OPEN,
}
_STATUS = {
    Reason.KEY_USER_QUOTA: 409,
    Reason.LAST_ADMINISTRATOR: 409,
    Reason.STALE_VERSION: 409,
    Reason.TOO_LARGE: 413,
    Reason.RATE_LIMITED: 429,
    Reason.INVALID_FIELDS: 422,
    Reason.INVALID_TRANSITION: 422,
    Reason.IDEMPOTENCY_CONFLICT: 422,
    Reason.UNSUPPORTED_MEDIA_TYPE: 415,
    Reason.NOT_FOUND: 404,
    Reason.METHOD_NOT_ALLOWED: 405,
    Reason.BAD_REQUEST: 400,
    Reason.UNAUTHENTICATED: 401,
    Reason.TEMPORARILY_UNAVAILABLE: 503,
}
_SMTP_CODES = {
    Reason.TOO_LARGE: "552 5.3.4",
    Reason.RATE_LIMITED: "421 4.7.0",
    Reason.TEMPORARILY_UNAVAILABLE: "451 4.3.0",
}
_POLICY_CODE = "550 5.7.1"
# Nobody learns from us that he is on a list (S19).
_SAID_OUTSIDE = {Reason.BLOCKED_SENDER: Reason.NOT_AUTHORIZED}
_MAX_REPLY = 510  # RFC 5321 §4.5.3.1.5, less the line's end


def public_text(reason: Reason, language: str, profile: Profile, at: datetime) -> str:
    """One line for the person concerned; only a refusal by policy names the channels official `at` that time."""
    text = tr(language, _TEXTS[reason])
    names = official_names(profile, at) if reason in _NAMES_CHANNELS else ""
    if not names:
        return text
    return f"{text} {tr(language, 'Official channels: {channels}.', channels=names)}"


def http_status(reason: Reason) -> int:
    """The status HTTP answers with; what a rule forbids is 403."""
    return _STATUS.get(reason, 403)


def smtp_reply(reason: Reason, profile: Profile, at: datetime) -> str:
    """One reply line in the desk's language, in ASCII because nothing else is safe there."""
    said = _SAID_OUTSIDE.get(reason, reason)
    text = _ascii(public_text(said, profile.language, profile, at))
    return f"{_SMTP_CODES.get(said, _POLICY_CODE)} {said.value}: {text}"[:_MAX_REPLY]


def _ascii(text: str) -> str:
    """Letters without their accents; what has no plain form is left out."""
    plain = unicodedata.normalize("NFKD", text.replace("–", "-").replace("—", "-"))
    return "".join(each for each in plain if " " <= each <= "~")
