"""What DNS answers: bounded in time, number and size, and remembered for a short while by all threads."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

import dns.exception
import dns.message
import dns.name
import dns.rdata
import dns.rdatatype
import dns.resolver

from core.name_servers import NameServer

MAX_QUESTIONS = 50
QUESTION_SECONDS = 5.0
# Once one question of a mail went unanswered, the others are not waited for as long.
AGAIN_SECONDS = 1.0
_TRY_SECONDS = 2.0
_MAX_KEPT = 2_000
_MAX_KEPT_BYTES = 8 * 1024
# What DNS says is kept for its own time to live within these bounds; that it says nothing, shortly.
_SHORTEST, _LONGEST, _NOTHING, _TROUBLE = 1.0, 300.0, 30.0, 5.0

Records = tuple[dns.rdata.Rdata, ...]
Clock = Callable[[], float]


class NoAnswer(Exception):
    """DNS does not answer: dead, slow, failing, or its answer makes no sense."""


class TooManyQuestions(Exception):
    """One mail's check has asked as often as it may."""


@dataclass(frozen=True, slots=True)
class _Kept:
    records: Records | None
    until: float


class Resolver:
    """The name server of the installation (`GUICHE_DNS_SERVER`), or the system's, behind a small cache."""

    def __init__(self, server: NameServer | None, clock: Clock = time.monotonic) -> None:
        self._server = server
        self.clock = clock
        self._resolver: dns.resolver.Resolver | None = None
        self._kept: OrderedDict[tuple[str, str], _Kept] = OrderedDict()
        self._lock = threading.Lock()

    def ask(self, name: str, kind: str, seconds: float) -> Records:
        """The records of `kind` at `name`, none where there are none; raises `NoAnswer`."""
        key = (name, kind)
        with self._lock:
            kept = self._kept.get(key)
        if kept is None or kept.until <= self.clock():
            kept = self._fresh(name, kind, seconds)
            self._keep(key, kept)
        if kept.records is None:
            raise NoAnswer
        return kept.records

    def _fresh(self, name: str, kind: str, seconds: float) -> _Kept:
        try:
            asked = dns.name.from_text(name)
        except (dns.exception.DNSException, UnicodeError):
            return _Kept((), self.clock() + _NOTHING)  # no name can be so, so nothing is there
        try:
            answer = self._server_side().resolve(
                asked, kind, lifetime=seconds, search=False, raise_on_no_answer=False
            )
        except dns.resolver.NXDOMAIN:
            return _Kept((), self.clock() + _NOTHING)
        except (dns.exception.DNSException, OSError, ValueError):
            return _Kept(None, self.clock() + _TROUBLE)
        if answer.rrset is None:
            return _Kept((), self.clock() + _NOTHING)
        lives = min(max(float(answer.rrset.ttl), _SHORTEST), _LONGEST)
        return _Kept(tuple(answer.rrset), self.clock() + lives)

    def _server_side(self) -> dns.resolver.Resolver:
        if self._resolver is None:
            made = dns.resolver.Resolver(configure=self._server is None)
            if self._server is not None:
                made.nameservers, made.port = [self._server.address], self._server.port
            made.timeout = _TRY_SECONDS
            self._resolver = made
        return self._resolver

    def _keep(self, key: tuple[str, str], kept: _Kept) -> None:
        if kept.records and sum(len(each.to_wire() or b"") for each in kept.records) > _MAX_KEPT_BYTES:
            return
        with self._lock:
            self._kept[key] = kept
            self._kept.move_to_end(key)
            while len(self._kept) > _MAX_KEPT:
                self._kept.popitem(last=False)


@dataclass(slots=True)
class Questions:
    """What one mail may still ask: so many questions, and until `deadline` on the resolver's clock."""

    resolver: Resolver
    deadline: float
    left: int = field(default=MAX_QUESTIONS)
    patience: float = field(default_factory=lambda: QUESTION_SECONDS)

    def ask(self, name: str, kind: str) -> Records:
        """The records, none where there are none; raises `NoAnswer` and `TooManyQuestions`."""
        name = name.lower().removesuffix(".")
        if self.left <= 0:
            raise TooManyQuestions
        self.left -= 1
        if not name.isascii():
            return ()
        seconds = min(self.patience, self.deadline - self.resolver.clock())
        if seconds <= 0:
            raise NoAnswer
        try:
            return self.resolver.ask(name, kind, seconds)
        except NoAnswer:
            self.patience = min(self.patience, AGAIN_SECONDS)
            raise

    def texts(self, name: str) -> list[bytes]:
        """The TXT records at `name`, each of its strings joined (RFC 7208 §3.3)."""
        return [b"".join(each.strings) for each in self.ask(name, "TXT") if hasattr(each, "strings")]
