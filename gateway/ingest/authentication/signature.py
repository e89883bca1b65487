"""One signature over fields and body (RFC 6376 §6.1): of the mail's author, or of a forwarder."""

import base64
import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.ingest.authentication.answers import Questions
from gateway.ingest.authentication.canonical import body_pieces, field_bytes, signature_bytes
from gateway.ingest.authentication.domains import domain_of
from gateway.ingest.authentication.outcome import Outcome
from gateway.ingest.authentication.signed_mail import Field, SignedMail
from gateway.ingest.authentication.signing_keys import ALGORITHMS, find_key
from gateway.ingest.authentication.tags import base64_text, parse_tags

_MAX_SIGNED_FIELDS = 200
_CLOCKS_DIFFER = timedelta(minutes=5)
_FORMS = {b"simple": False, b"relaxed": True}
# What a mail says once, and where a reader takes the first of two: signers take the last (RFC 6376 §8.15).
_SAID_ONCE = (b"subject", b"date", b"message-id", b"content-type", b"content-transfer-encoding")


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature's own field and its tags; `domain` is who signed."""

    field: Field
    tags: dict[str, bytes]
    domain: str

    @classmethod
    def read(cls, field: Field) -> "Signature | None":
        """The signature in `field`; None where its tags or its domain make none."""
        tags = parse_tags(field.value)
        domain = domain_of(tags.get("d", b"").decode("ascii", "replace")) if tags else ""
        return cls(field, tags, domain) if tags and domain else None


def verify_over_mail(signature: Signature, mail: SignedMail, now: datetime, questions: Questions) -> Outcome:
    """Whether `signature` was made over the From, the fields it names, and the whole body."""
    tags = signature.tags
    signed = [each.strip().lower() for each in tags.get("h", b"").split(b":")]
    forms = _forms(tags.get("c", b"simple/simple"))
    body_hash = base64_text(tags.get("bh", b""))
    if forms is None or body_hash is None or len(signed) > _MAX_SIGNED_FIELDS or b"from" not in signed:
        return Outcome.PERMERROR
    if "l" in tags or _is_added_to(mail, signed):
        return Outcome.POLICY  # above or below what was signed, anybody may have written on
    if is_over(tags, now):
        return Outcome.FAIL
    if base64.b64decode(body_hash) != _body_hash(mail.body, relaxed=forms[1]):
        return Outcome.FAIL
    return verify_bytes(signature, _selected(mail, signed, relaxed=forms[0]), questions, relaxed=forms[0])


def verify_bytes(
    signature: Signature, signed: Sequence[bytes], questions: Questions, *, relaxed: bool
) -> Outcome:
    """Whether the signer's key made the signature over `signed` and the signature's own field."""
    tags = signature.tags
    algorithm = tags.get("a", b"").lower()
    value = base64_text(tags.get("b", b""))
    selector = tags.get("s", b"").decode("ascii", "replace")
    if algorithm not in ALGORITHMS or value is None or not selector or tags.get("q", b"dns/txt") != b"dns/txt":
        return Outcome.PERMERROR
    key = find_key(selector, signature.domain, algorithm, questions)
    if isinstance(key, Outcome):
        return key
    if key.is_exact and tags.get("i", b"@").rpartition(b"@")[2].decode("ascii", "replace").lower() not in (
        "", signature.domain,
    ):  # fmt: skip
        return Outcome.PERMERROR
    digest = hashlib.sha256(b"".join(signed))
    digest.update(signature_bytes(signature.field, relaxed=relaxed))
    return Outcome.PASS if key.verifies(base64.b64decode(value), digest.digest()) else Outcome.FAIL


def is_over(tags: dict[str, bytes], now: datetime) -> bool:
    """Whether the signature's time is over, or no time at all (RFC 6376 §3.5, `t=` and `x=`)."""
    times = {name: tags[name] for name in ("t", "x") if name in tags}
    if not all(each.isdigit() and len(each) <= 12 for each in times.values()):
        return True
    if "x" not in times:
        return False
    ends = int(times["x"])
    return ends < int(times.get("t", b"0")) or ends < (now - _CLOCKS_DIFFER).timestamp()


def _is_added_to(mail: SignedMail, signed: Sequence[bytes]) -> bool:
    """Whether one of two fields is not signed, so that a captured mail may have been given other words."""
    counts = Counter(each.key for each in mail.fields)
    return any(counts[name] > max(1, signed.count(name)) for name in _SAID_ONCE)


def _forms(text: bytes) -> tuple[bool, bool] | None:
    header, _, body = text.lower().partition(b"/")
    body = body or b"simple"
    return (_FORMS[header], _FORMS[body]) if header in _FORMS and body in _FORMS else None


def _body_hash(body: bytes, *, relaxed: bool) -> bytes:
    digest = hashlib.sha256()
    for piece in body_pieces(body, relaxed=relaxed):
        digest.update(piece)
    return digest.digest()


def _selected(mail: SignedMail, names: Sequence[bytes], *, relaxed: bool) -> list[bytes]:
    """The named fields; a name said twice means the next one up (RFC 6376 §5.4.2)."""
    unused: dict[bytes, list[Field]] = {}
    for each in mail.fields:
        unused.setdefault(each.key, []).append(each)
    found = [unused[name].pop() for name in names if unused.get(name)]
    return [field_bytes(each, relaxed=relaxed) for each in found]
