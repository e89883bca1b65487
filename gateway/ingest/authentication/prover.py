"""Is the From who he says? Everything that can answer is asked, within one time limit (INTERFACES.md §5)."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

import structlog

from core.errors import Unproven
from core.message import Authentication
from core.name_servers import NameServer
from gateway.ingest.authentication.answers import Questions, Resolver
from gateway.ingest.authentication.arc_check import Chain, check_arc
from gateway.ingest.authentication.dkim_check import check_dkim
from gateway.ingest.authentication.dmarc import Dmarc, find_dmarc
from gateway.ingest.authentication.domains import domain_of, is_aligned
from gateway.ingest.authentication.outcome import Checked, Outcome
from gateway.ingest.authentication.signed_mail import SignedMail, split_mail
from gateway.ingest.authentication.spf_check import check_spf
from gateway.ingest.authentication.upstream import parse_results, proves, results_of
from gateway.ingest.header_addresses import identity_of

# Within the half minute an SMTP client is promised an answer in (SECURITY.md X19).
LIMIT_SECONDS = 18.0
_THREADS = 8

_NONE, _SKIPPED = Checked(Outcome.NONE), Checked(Outcome.SKIPPED)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A mail, and what its door knows of its way here.

    `from_address` is canonical. `peer` is empty where the one who handed the mail over is no
    witness of the sender's: a relay of ours, a mailbox. `authserv_id` names the server whose topmost
    `Authentication-Results` is believed, empty: nobody's.
    """

    raw: bytes
    from_address: str
    received_at: datetime
    is_board: bool = False
    peer: str = ""
    helo: str = ""
    mail_from: str = ""
    authserv_id: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """The verdict, and each method's outcome as `method=outcome(domain)`."""

    authentication: Authentication
    trail: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Findings:
    """What each method came to; `proven_by` is empty where none proved the From."""

    dmarc: Checked = _NONE
    dkim: Checked = _NONE
    spf: Checked = _SKIPPED
    arc: Checked = _NONE
    proven_by: str = ""

    @property
    def is_in_doubt(self) -> bool:
        """Whether something that did not answer might have proven the From."""
        each = (self.dmarc, self.dkim, self.spf, self.arc)
        return not self.proven_by and any(checked.outcome is Outcome.TEMPERROR for checked in each)

    @property
    def trail(self) -> tuple[str, ...]:
        return (
            f"spf={self.spf}", f"dkim={self.dkim}", f"dmarc={self.dmarc}", f"arc={self.arc}",
            f"proof={self.proven_by or 'none'}",
        )  # fmt: skip


class Prover:
    """Proves senders, several at once, each in a thread of its own."""

    def __init__(
        self, server: NameServer | None, arc_sealers: frozenset[str] = frozenset(), limit: float = LIMIT_SECONDS
    ) -> None:
        self._resolver = Resolver(server)
        self._sealers = arc_sealers
        self._limit = limit
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="prover")

    async def prove(self, evidence: Evidence) -> Proof:
        """The proof of the From, or that there is none; raises `Unproven` when DNS would have to tell."""
        # Waiting for a thread counts, too.
        work = partial(self._findings, evidence, self._resolver.clock() + self._limit)
        try:
            async with asyncio.timeout(self._limit + 1):
                findings = await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except TimeoutError:
            raise Unproven("DNS took too long") from None
        if findings.is_in_doubt:
            raise Unproven("DNS does not answer")
        proven = bool(findings.proven_by)
        return Proof(Authentication.DMARC if proven else Authentication.NONE, findings.trail)

    def _findings(self, evidence: Evidence, deadline: float) -> _Findings:
        try:
            return _judged(evidence, Questions(self._resolver, deadline), self._sealers)
        except Exception as error:  # noqa: BLE001 - what nobody foresaw proves nothing, and may pass
            _log.error("authentication_failed", error=type(error).__name__)
            return _Findings(dmarc=Checked(Outcome.TEMPERROR))


def _judged(evidence: Evidence, questions: Questions, sealers: frozenset[str]) -> _Findings:
    domain = domain_of(evidence.from_address)
    mail = _signed_mail(evidence)
    upstream = _by_upstream(evidence, mail, domain)
    if upstream and not (evidence.is_board and upstream != "dmarc"):
        return _Findings(
            dmarc=Checked(Outcome.PASS if upstream == "dmarc" else Outcome.NONE), proven_by=f"upstream-{upstream}"
        )
    dmarc = find_dmarc(domain, questions)
    findings = _of_dkim(evidence, mail, domain, dmarc, questions)
    if not findings.proven_by and evidence.peer:
        findings = _of_spf(evidence, findings, domain, dmarc, questions)
    if not findings.proven_by and mail is not None:
        findings = _of_arc(evidence, findings, mail, sealers, questions)
    return _with_record(findings, dmarc, evidence)


def _signed_mail(evidence: Evidence) -> SignedMail | None:
    """The mail as signers see it, where they see the same single From in it as we do."""
    mail = split_mail(evidence.raw)
    if mail is None:
        return None
    identity = identity_of([each.value.replace(b"\r\n", b"").strip(b" \t") for each in mail.all(b"from")])
    return mail if identity is not None and identity.email == evidence.from_address else None


def _aligns(domain: str, *, strict: bool) -> Callable[[str], bool]:
    return lambda other: is_aligned(other, domain, strict=strict)


def _by_upstream(evidence: Evidence, mail: SignedMail | None, domain: str) -> str:
    if mail is None or not evidence.authserv_id:
        return ""
    return proves(results_of(mail, evidence.authserv_id), domain, _aligns(domain, strict=False))


def _of_dkim(
    evidence: Evidence, mail: SignedMail | None, domain: str, dmarc: Dmarc, questions: Questions
) -> _Findings:
    if mail is None:
        return _Findings(dkim=Checked(Outcome.PERMERROR))
    checked = check_dkim(mail, _aligns(domain, strict=dmarc.strict_dkim), evidence.received_at, questions)
    return _Findings(dkim=checked, proven_by="dkim" if checked.outcome is Outcome.PASS else "")


def _of_spf(
    evidence: Evidence, findings: _Findings, domain: str, dmarc: Dmarc, questions: Questions
) -> _Findings:
    aligns = _aligns(domain, strict=dmarc.strict_spf)
    checked = check_spf(evidence.peer, evidence.mail_from, evidence.helo, aligns, questions)
    return replace(findings, spf=checked, proven_by="spf" if checked.outcome is Outcome.PASS else "")


def _of_arc(
    evidence: Evidence, findings: _Findings, mail: SignedMail, sealers: frozenset[str], questions: Questions
) -> _Findings:
    chain: Chain = check_arc(mail, sealers, evidence.received_at, questions)
    domain = domain_of(evidence.from_address)
    said = parse_results(chain.said.decode("ascii", "replace").partition(";")[2]) if chain.said else []
    vouched = proves(said, domain, _aligns(domain, strict=False))
    # What a forwarder says of a board mailbox hands nobody an organization's keys.
    proven_by = "arc" if vouched and not evidence.is_board else ""
    return replace(findings, arc=chain.checked, proven_by=proven_by)


def _with_record(findings: _Findings, dmarc: Dmarc, evidence: Evidence) -> _Findings:
    """With DMARC's own outcome. A board mailbox needs a domain that has a record (INTERFACES.md §7)."""
    if dmarc.outcome is not Outcome.PASS:
        needs_record = evidence.is_board
        return replace(
            findings, dmarc=Checked(dmarc.outcome), proven_by="" if needs_record else findings.proven_by
        )
    is_direct = findings.proven_by in ("dkim", "spf")
    return replace(findings, dmarc=Checked(Outcome.PASS if is_direct else Outcome.FAIL))
