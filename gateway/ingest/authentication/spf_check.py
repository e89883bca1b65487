"""SPF by pyspf, over our own DNS: whether the peer may send for a domain (RFC 7208)."""

from collections.abc import Callable
from typing import Any

import spf

from gateway.ingest.authentication.answers import NoAnswer, Questions, TooManyQuestions
from gateway.ingest.authentication.domains import domain_of
from gateway.ingest.authentication.outcome import Checked, Outcome

# What pyspf wants of each kind of record.
_VALUES: dict[str, Callable[[Any], Any]] = {
    "A": lambda record: record.address,
    "AAAA": lambda record: record.address,
    "MX": lambda record: (record.preference, str(record.exchange).removesuffix(".")),
    "PTR": lambda record: str(record.target).removesuffix("."),
    "TXT": lambda record: record.strings,
}


class _Query(spf.query):  # type: ignore[misc]
    """pyspf's judgement with our look-ups: its own would ignore our time limit and our name server."""

    def __init__(self, peer: str, sender: str, helo: str, questions: Questions) -> None:
        super().__init__(i=peer, s=sender, h=helo, strict=True)
        self._questions = questions

    def dns(self, name: str, qtype: str, cnames: object = None, ignore_void: bool = False) -> list[Any]:  # noqa: ARG002, FBT001, FBT002 - pyspf's signature
        """The records of a name; the resolver has followed its CNAMEs."""
        kind = qtype.upper()
        found = [_VALUES[kind](each) for each in self._questions.ask(str(name), kind) if each.rdtype.name == kind]
        if not found and not ignore_void:
            self.void_lookups += 1
            if self.void_lookups > spf.MAX_VOID_LOOKUPS:
                raise spf.PermError("too many empty answers")
        return found

    def get_explanation(self, spec: str) -> None:
        """Nobody reads what the domain says about a failure."""


def check_spf(
    peer: str, mail_from: str, helo: str, aligns: Callable[[str], bool], questions: Questions
) -> Checked:
    """Whether `peer` may send for the envelope's domain, or, where it is empty, for the one of its greeting.

    A domain for which `aligns` is false proves nothing about the From and is not asked for.
    """
    domain = domain_of(mail_from) if mail_from else domain_of(helo)
    if not domain:
        return Checked(Outcome.NONE)
    if not aligns(domain):
        return Checked(Outcome.UNALIGNED, domain)
    try:
        said = _Query(peer, mail_from or f"postmaster@{domain}", helo or domain, questions).check()[0]
    except NoAnswer:
        said = "temperror"
    except (TooManyQuestions, spf.PermError):
        said = "permerror"
    return Checked(_OUTCOMES.get(said, Outcome.TEMPERROR), domain)


_OUTCOMES = {
    "pass": Outcome.PASS, "fail": Outcome.FAIL, "softfail": Outcome.FAIL, "neutral": Outcome.NONE,
    "none": Outcome.NONE, "permerror": Outcome.PERMERROR, "temperror": Outcome.TEMPERROR,
}  # fmt: skip
