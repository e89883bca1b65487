"""DKIM: whether a domain like the From's has signed the mail (RFC 6376)."""

from collections.abc import Callable
from datetime import datetime

from gateway.ingest.authentication.answers import NoAnswer, Questions, TooManyQuestions
from gateway.ingest.authentication.domains import domain_of
from gateway.ingest.authentication.outcome import Checked, Outcome
from gateway.ingest.authentication.signature import Signature, verify_over_mail
from gateway.ingest.authentication.signed_mail import SignedMail

MAX_SIGNATURES = 5
_MAX_FIELDS = 50
# The one that says most about a mail whose signatures came out differently.
_TELLING = (
    Outcome.PASS, Outcome.TEMPERROR, Outcome.FAIL, Outcome.POLICY, Outcome.PERMERROR, Outcome.UNALIGNED, Outcome.NONE,
)  # fmt: skip


def check_dkim(
    mail: SignedMail, aligns: Callable[[str], bool], now: datetime, questions: Questions
) -> Checked:
    """The best outcome among the mail's signatures. A domain for which `aligns` is false is not even asked for.

    An unaligned signature proves nothing here, and its keys would be looked up where a stranger likes.
    """
    best = Checked(Outcome.NONE)
    tried = 0
    for field in mail.all(b"dkim-signature")[:_MAX_FIELDS]:
        signature = Signature.read(field)
        if signature is None or not _is_dkim(signature):
            found = Checked(Outcome.PERMERROR)
        elif not aligns(signature.domain):
            found = Checked(Outcome.UNALIGNED, signature.domain)
        elif tried < MAX_SIGNATURES:
            tried += 1
            found = Checked(_verified(signature, mail, now, questions), signature.domain)
        else:
            break
        best = min(best, found, key=lambda each: _TELLING.index(each.outcome))
        if best.outcome is Outcome.PASS:
            break
    return best


def _is_dkim(signature: Signature) -> bool:
    """Version 1, and an identity within the domain that signs (RFC 6376 §3.5, `v=` and `i=`)."""
    if signature.tags.get("v") != b"1":
        return False
    if "i" not in signature.tags:
        return True
    identity = domain_of(signature.tags["i"].decode("ascii", "replace"))
    return identity == signature.domain or identity.endswith(f".{signature.domain}")


def _verified(signature: Signature, mail: SignedMail, now: datetime, questions: Questions) -> Outcome:
    try:
        return verify_over_mail(signature, mail, now, questions)
    except NoAnswer:
        return Outcome.TEMPERROR
    except TooManyQuestions:
        return Outcome.PERMERROR
