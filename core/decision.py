"""The verdict on a message as a value, and the closed catalogue of its reasons."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What becomes of a message at the door."""

    ACCEPT = "accept"
    HOLD = "hold"
    REFUSE = "refuse"


class Reason(StrEnum):
    """Why something was held or refused; one catalogue for SMTP, HTTP, mail, bot and metrics."""

    NOT_AUTHORIZED = "not_authorized"
    SENDER_NOT_PROVEN = "sender_not_proven"
    NO_STANDING = "no_standing"
    UNOFFICIAL_CHANNEL = "unofficial_channel"
    CHANNEL_NOT_LINKED = "channel_not_linked"
    PHONE_MAY_NOT_OPEN = "phone_may_not_open"
    AGENT_MAY_NOT_OPEN = "agent_may_not_open"
    AWAITING_ADMINISTRATOR = "awaiting_administrator"
    SENSITIVE_DATA = "sensitive_data"
    SCOPE_MISSING = "scope_missing"
    BLOCKED_SENDER = "blocked_sender"
    ADDRESS_NOT_CONFIRMED = "address_not_confirmed"
    UNREADABLE = "unreadable"
    INFECTED = "infected"
    OUT_OF_SCOPE = "out_of_scope"
    KEY_USER_QUOTA = "key_user_quota"
    LAST_ADMINISTRATOR = "last_administrator"
    TOO_LARGE = "too_large"
    RATE_LIMITED = "rate_limited"
    INVALID_FIELDS = "invalid_fields"
    INVALID_TRANSITION = "invalid_transition"
    STALE_VERSION = "stale_version"
    IDEMPOTENCY_CONFLICT = "idempotency_conflict"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    BAD_REQUEST = "bad_request"
    UNAUTHENTICATED = "unauthenticated"
    TEMPORARILY_UNAVAILABLE = "temporarily_unavailable"


@dataclass(frozen=True, slots=True)
class Step:
    """One rule that was asked, and what it said (`passed`, `released`, `accept`, `hold`, `refuse`).

    A rule in shadow stops nothing; it says `would_hold` or `would_refuse`.
    """

    rule: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Decision:
    """Accept, or hold or refuse for one reason; the trail names every rule asked, in order."""

    verdict: Verdict
    reason: Reason | None = None
    trail: tuple[Step, ...] = ()

    @property
    def spelled(self) -> tuple[str, ...]:
        """The trail as the ledger keeps it: `rule=outcome` for each rule asked, in order."""
        return tuple(f"{step.rule}={step.outcome}" for step in self.trail)

    @property
    def is_accepted(self) -> bool:
        return self.verdict is Verdict.ACCEPT
