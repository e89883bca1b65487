"""DMARC: what a domain asks of those who judge its mail, as far as alignment goes (RFC 7489 §6)."""

from dataclasses import dataclass

from gateway.ingest.authentication.answers import NoAnswer, Questions, TooManyQuestions
from gateway.ingest.authentication.domains import organizational
from gateway.ingest.authentication.outcome import Outcome
from gateway.ingest.authentication.tags import parse_tags

_POLICIES = {b"none", b"quarantine", b"reject"}


@dataclass(frozen=True, slots=True)
class Dmarc:
    """The record's alignment modes. `outcome` is PASS where there is a record."""

    outcome: Outcome
    strict_dkim: bool = False
    strict_spf: bool = False


def find_dmarc(from_domain: str, questions: Questions) -> Dmarc:
    """The record of the From's domain, else of its organizational domain; relaxed alignment without one.

    While DNS does not answer only strict alignment proves anything, for it satisfies any record.
    """
    try:
        for domain in dict.fromkeys((from_domain, organizational(from_domain))):
            if found := _record(questions.texts(f"_dmarc.{domain}")):
                return found
    except (NoAnswer, TooManyQuestions):
        return Dmarc(Outcome.TEMPERROR, strict_dkim=True, strict_spf=True)
    return Dmarc(Outcome.NONE)


def _record(texts: list[bytes]) -> Dmarc | None:
    records = [text for text in texts if text.replace(b" ", b"").split(b";")[0] == b"v=DMARC1"]
    if len(records) != 1:
        return None  # several are none (RFC 7489 §6.6.3)
    tags = parse_tags(records[0])
    if tags is None or (tags.get("p", b"none").lower() not in _POLICIES and "rua" not in tags):
        return None
    return Dmarc(Outcome.PASS, tags.get("adkim", b"r").lower() == b"s", tags.get("aspf", b"r").lower() == b"s")
