"""What SMTP answers: to an envelope, to a verdict, and to our own trouble. One table for the door and its simulator."""

from collections.abc import Callable
from datetime import datetime

from core.decision import Decision, Reason, Verdict
from core.errors import NoRoom, Unavailable, Unproven
from core.policy.reasons import smtp_reply
from core.profile import Profile
from gateway.channels.smtp_paths import Path
from gateway.ingest.mailboxes import has_our_domain, own_address

MAX_RECIPIENTS = 100

OUR_TROUBLE = "451 4.3.0 Temporary trouble on our side, please try again later"
NO_ROOM = "452 4.3.1 No room at the moment, please try again later"
DNS_TROUBLE = "451 4.4.3 The sender cannot be checked at the moment, please try again later"
TOO_LARGE = "552 5.3.4 The mail is larger than we accept"
NO_RECIPIENT = "503 5.5.1 Send MAIL and RCPT first"
NO_RELAY = "550 5.7.1 We do not relay"
_NOT_ASCII = "553 5.6.7 Addresses must be ASCII (SMTPUTF8 is not offered)"


def sender_fault(path: Path | None, size_limit: int) -> str | None:
    """What is wrong with the path of MAIL and its parameters; None when nothing is."""
    if path is None:
        return "501 5.5.4 Syntax: MAIL FROM:<address>"
    unknown = path.parameters.keys() - {"SIZE", "BODY", "SMTPUTF8"}
    size = path.parameters.get("SIZE", "0")
    if not path.address.isascii() or "SMTPUTF8" in path.parameters:
        return _NOT_ASCII
    if unknown or path.parameters.get("BODY", "7BIT").upper() not in ("7BIT", "8BITMIME"):
        return "555 5.5.4 A parameter of MAIL is not supported"
    if not (size.isascii() and size.isdigit()):
        return "501 5.5.4 SIZE must be a number"
    # The digits alone could be a number no machine holds.
    return TOO_LARGE if len(size) > 15 or int(size) > size_limit else None


def recipient_fault(path: Path | None, refusal_of: Callable[[str], str | None]) -> str | None:
    """What is wrong with the path of RCPT, or what `refusal_of` says of its address; None when nothing is."""
    if path is None or not path.address:
        return "501 5.5.4 Syntax: RCPT TO:<address>"
    if not path.address.isascii():
        return _NOT_ASCII
    if path.parameters:
        return "555 5.5.4 A parameter of RCPT is not supported"
    return NO_RELAY if path.route else refusal_of(path.address)


def stranger_fault(recipient: str, profile: Profile) -> str | None:
    """None when the address is ours, else the reply that says why not."""
    if own_address(recipient, profile) is not None:
        return None
    return "550 5.1.1 No such mailbox here" if has_our_domain(recipient, profile) else NO_RELAY


def verdict_answer(decision: Decision, name: str, profile: Profile, at: datetime) -> str:
    """The answer after DATA; `name` is what a mail that was taken is called here."""
    if decision.verdict is Verdict.REFUSE:
        return smtp_reply(decision.reason or Reason.NOT_AUTHORIZED, profile, at)
    return f"250 2.0.0 {name}"


def trouble_answer(error: Unavailable) -> str:
    """Our own trouble, which passes."""
    if isinstance(error, Unproven):
        return DNS_TROUBLE
    return NO_ROOM if isinstance(error, NoRoom) else OUR_TROUBLE
