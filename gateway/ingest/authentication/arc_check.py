"""ARC: whether forwarders we were told to believe vouch for what the mail proved on arrival there (RFC 8617)."""

import re
from dataclasses import dataclass
from datetime import datetime

from gateway.ingest.authentication.answers import NoAnswer, Questions, TooManyQuestions
from gateway.ingest.authentication.canonical import field_bytes
from gateway.ingest.authentication.outcome import Checked, Outcome
from gateway.ingest.authentication.signature import Signature, is_over, verify_bytes, verify_over_mail
from gateway.ingest.authentication.signed_mail import Field, SignedMail

MAX_SETS = 10
_RESULTS, _MESSAGE, _SEAL = b"arc-authentication-results", b"arc-message-signature", b"arc-seal"
_INSTANCE = re.compile(rb"[ \t\r\n]*+i[ \t\r\n]*+=[ \t\r\n]*+([1-9][0-9]?)[ \t\r\n]*+;")


@dataclass(frozen=True, slots=True)
class _Set:
    """What one forwarder added."""

    results: Field
    message: Signature
    seal: Signature


@dataclass(frozen=True, slots=True)
class Chain:
    """What came of the chain; `said` is what the first forwarder found, where all are to be believed."""

    checked: Checked
    said: bytes = b""


def check_arc(mail: SignedMail, sealers: frozenset[str], now: datetime, questions: Questions) -> Chain:
    """Verify the chain where each of its sealers is listed; otherwise it is noted and nobody is asked."""
    if not any(each.key == _SEAL for each in mail.fields):
        return Chain(Checked(Outcome.NONE))
    sets = _sets(mail)
    if sets is None:
        return Chain(Checked(Outcome.FAIL))
    last = sets[-1].seal.domain
    if not all(each.seal.domain in sealers and each.message.domain in sealers for each in sets):
        return Chain(Checked(Outcome.SKIPPED, last))
    try:
        outcome = _verified(sets, mail, now, questions)
    except NoAnswer:
        outcome = Outcome.TEMPERROR
    except TooManyQuestions:
        outcome = Outcome.PERMERROR
    said = sets[0].results.value.partition(b";")[2] if outcome is Outcome.PASS else b""
    return Chain(Checked(outcome, last), said)


def _sets(mail: SignedMail) -> list[_Set] | None:
    """The sets from the first; None where one is incomplete, doubled, or out of the row (RFC 8617 §5.2)."""
    found: dict[tuple[int, bytes], Field] = {}
    for field in mail.fields:
        if field.key not in (_RESULTS, _MESSAGE, _SEAL):
            continue
        number = _instance(field)
        if not 1 <= number <= MAX_SETS or (number, field.key) in found:
            return None
        found[number, field.key] = field
    count = len(found) // 3
    sets: list[_Set] = []
    for number in range(1, count + 1):
        fields = [found.get((number, key)) for key in (_RESULTS, _MESSAGE, _SEAL)]
        results, message, seal = fields
        read = (Signature.read(message), Signature.read(seal)) if message and seal else (None, None)
        if results is None or read[0] is None or read[1] is None:
            return None
        sets.append(_Set(results, read[0], read[1]))
    return sets if sets and len(found) == 3 * count else None


def _instance(field: Field) -> int:
    """The number of the set a field belongs to; 0 where it says none."""
    if field.key == _RESULTS:
        match = _INSTANCE.match(field.value)
        return int(match.group(1)) if match else 0
    signature = Signature.read(field)
    value = signature.tags.get("i", b"") if signature else b""
    return int(value) if value.isdigit() and len(value) <= 2 else 0


def _verified(sets: list[_Set], mail: SignedMail, now: datetime, questions: Questions) -> Outcome:
    last = sets[-1].message
    if _SEAL in [each.strip().lower() for each in last.tags.get("h", b"").split(b":")]:
        return Outcome.FAIL
    if any(each.seal.tags.get("cv") != (b"pass" if number else b"none") for number, each in enumerate(sets)):
        return Outcome.FAIL
    outcome = verify_over_mail(last, mail, now, questions)
    for number in range(len(sets), 0, -1):
        if outcome is not Outcome.PASS:
            break
        outcome = _sealed(sets[:number], now, questions)
    return outcome


def _sealed(sets: list[_Set], now: datetime, questions: Questions) -> Outcome:
    """The last seal of `sets` covers every field of all of them, itself without its `b=` (RFC 8617 §5.1.1)."""
    seal = sets[-1].seal
    if "h" in seal.tags or is_over(seal.tags, now):
        return Outcome.FAIL
    fields = [field for each in sets for field in (each.results, each.message.field, each.seal.field)][:-1]
    return verify_bytes(seal, [field_bytes(each, relaxed=True) for each in fields], questions, relaxed=True)
