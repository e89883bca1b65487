"""Mail in, whatever door it came through: an arrival becomes a message that can be judged."""

import asyncio
import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from ipaddress import ip_address

from core.attachments import fetch
from core.decision import Reason
from core.errors import Refused, Unavailable, Unproven
from core.ids import new_id
from core.message import (
    Address,
    Attachment,
    Authentication,
    Blob,
    Bounce,
    InboundMessage,
    Intent,
    Speaker,
    SpeakerKind,
)
from core.policy.admission import INFECTED, NOT_SCANNED, judge
from core.profile import Profile
from core.settings import Network
from gateway.channels.smtp_limits import household
from gateway.ingest.authentication.prover import Evidence, Proof
from gateway.ingest.authentication.signed_mail import MAX_HEADER_BYTES
from gateway.ingest.bounded_mail import INLINE_BYTES, read_any_mail
from gateway.ingest.desk import Desk
from gateway.ingest.dsn import DeliveryReport, read_report
from gateway.ingest.html_shown import MAX_HTML
from gateway.ingest.mail_claims import claims_of, is_ours, newest_first, pretends_to_be_signed, return_token
from gateway.ingest.mail_rates import buckets_of
from gateway.ingest.mailboxes import own_mailbox
from gateway.ingest.mime import Mail
from gateway.ingest.receive import stored

CHANNEL = "email"
# Hashing lets other threads run meanwhile; two large mails at a time, so that the others' turn comes.
_counters = ThreadPoolExecutor(2, thread_name_prefix="mail-digests")


@dataclass(frozen=True, slots=True)
class MailArrival:
    """A mail as a door took it. `mail_from` is empty for a bounce; `recipients` are all ours.

    `peer` and `helo` are the other side of an SMTP session, empty where a mailbox was read. Of such
    a mailbox `authserv_id` names the provider whose topmost `Authentication-Results` is believed.
    `dns_gave_up` says that DNS was asked often enough: the sender is not proven, and nobody waits.
    """

    raw: bytes
    received_at: datetime
    peer_is_trusted: bool
    mail_from: str
    recipients: tuple[str, ...]
    peer: str = ""
    helo: str = ""
    authserv_id: str = ""
    dns_gave_up: bool = False


@dataclass(frozen=True, slots=True)
class _Digests:
    raw: str
    dedupe_key: str
    files: tuple[str, ...]


async def normalise(arrival: MailArrival, desk: Desk) -> InboundMessage | Bounce:
    """The message in `arrival`, or a bounce: reports from nobody registered, and our own mail back.

    Nothing is stored yet: large bytes stay in the message until it is judged. Raises `Unavailable`
    when the directory cannot tell who speaks, `LimitReached` when he comes too often.
    """
    mail = await read_any_mail(arrival.raw)
    if len(arrival.raw) <= INLINE_BYTES:
        digests = _digests(arrival.raw, mail)
    else:
        digests = await asyncio.get_running_loop().run_in_executor(_counters, _digests, arrival.raw, mail)
    _take_turn(mail, arrival, desk)
    speaker, is_stale = await _identify(mail, desk, arrival.received_at)
    if _is_for_nobody(arrival, mail, speaker, desk) or is_ours(mail.message_id, desk):
        return _bounce(arrival, mail, digests, desk)
    flags = (*mail.flags, "directory_stale") if is_stale else mail.flags
    message = _message(arrival, mail, digests, speaker, flags, desk)
    if await _is_blocked(message, arrival, desk):
        return message.model_copy(update={"sender_is_blocked": True})
    return await _proven(message, arrival, desk)


def _take_turn(mail: Mail, arrival: MailArrival, desk: Desk) -> None:
    """One mail more out of the measure of its sender and its peer, before anybody is looked up for it (L09).

    A trusted peer has no measure, and a mailbox we read ourselves waits for us.
    """
    if arrival.peer_is_trusted or not arrival.peer:
        return
    is_relay = _is_in(arrival.peer, desk.settings.relay_networks)
    sender = mail.identity.email if mail.identity else mail.from_addr
    where = "" if is_relay else household(ip_address(arrival.peer))
    desk.rates.take(buckets_of(sender, where, desk.profile.limits, desk.signing))


async def reread(message: InboundMessage, desk: Desk) -> InboundMessage:
    """A held mail read once more from its raw bytes, as the same message of the ledger.

    Raises `Refused(UNREADABLE)` when it still cannot be read, `Unavailable` when its bytes cannot be had.
    """
    assert message.raw is not None
    raw = message.raw.content or await fetch(desk.blobs, message.raw.digest)
    if raw is None:
        raise Unavailable("the raw mail is missing from the store")
    arrival = MailArrival(
        raw=raw, received_at=message.received_at, mail_from="unknown",
        peer_is_trusted=message.authentication is Authentication.TRUSTED_NETWORK,
        recipients=(message.mailbox,) if message.mailbox else (),
    )  # fmt: skip
    found = await normalise(arrival, desk)
    if not isinstance(found, InboundMessage) or "unreadable" in found.flags:
        raise Refused(Reason.UNREADABLE)
    # What the scanner said of the whole mail stands.
    flags = (*found.flags, *(each for each in message.flags if each in (INFECTED, NOT_SCANNED)))
    # The envelope is not kept: what it told then, of a ticket or of a machine, is not to be seen again.
    claims = tuple(dict.fromkeys((*message.claims, *found.claims)))
    again = found.model_copy(
        update={
            "intake_id": message.intake_id, "released_rules": message.released_rules, "flags": flags,
            "archived_at": message.archived_at, "is_automatic": message.is_automatic or found.is_automatic,
            "claims": claims, "intent": Intent.COMPLEMENT if claims else Intent.OPEN,
        }
    )  # fmt: skip
    return await stored(again, desk.blobs)


def _digests(raw: bytes, mail: Mail) -> _Digests:
    return _Digests(
        raw=hashlib.sha256(raw).hexdigest(),
        dedupe_key=_dedupe_key(raw, mail),
        files=tuple(hashlib.sha256(each.content).hexdigest() for each in mail.attachments),
    )


def _dedupe_key(raw: bytes, mail: Mail) -> str:
    """Equal for one mail through any door, unequal for two that share a Message-ID (DESIGN.md §4)."""
    digest = hashlib.sha256(mail.fingerprint)
    digest.update(b"\x00")
    # Doors differ in line ends and in how many stand at the end, never in the rest of the body.
    digest.update(raw[mail.body_at :].translate(None, b"\r").rstrip(b"\n"))
    return digest.hexdigest()


async def _identify(mail: Mail, desk: Desk, now: datetime) -> tuple[Speaker, bool]:
    if mail.identity is None:
        return Speaker(), False
    found = await desk.directory.by_email(mail.identity.email, now)
    return found.speaker, found.is_stale


def _is_for_nobody(arrival: MailArrival, mail: Mail, speaker: Speaker, desk: Desk) -> bool:
    if speaker.kind is not SpeakerKind.UNKNOWN:
        return False
    return not arrival.mail_from or mail.is_report or return_token(arrival.recipients, desk) is not None


def _bounce(arrival: MailArrival, mail: Mail, digests: _Digests, desk: Desk) -> Bounce:
    """Bound to a delivery by nothing but the return path that we signed for it (L06, L07)."""
    returned = return_token(arrival.recipients, desk)
    report = _report(arrival, mail)
    return Bounce(
        intake_id=new_id(),
        channel=CHANNEL,
        received_at=arrival.received_at,
        dedupe_key=digests.dedupe_key,
        sender_hash=_sender_hash(mail, desk),
        message_id_hash=desk.signing.pseudonym(mail.message_id) if mail.message_id else "",
        size=len(arrival.raw),
        ticket_id=returned.ticket_id if returned else None,
        delivery_tag=returned.subject_id if returned else None,
        action=report.action,
        status=report.status,
        flags=(*mail.flags, "invalid-token") if pretends_to_be_signed(arrival.recipients, desk) else mail.flags,
    )


def _report(arrival: MailArrival, mail: Mail) -> DeliveryReport:
    """What a bounce reports. Of other mail without a sender only a plain refusal counts."""
    if mail.is_bounce:
        return read_report(mail.attachments, mail.text)
    if not arrival.mail_from and not (mail.is_auto_reply or mail.is_bulk):
        report = read_report(mail.attachments, mail.text)
        if report.status.startswith("5") and not report.status.endswith(".0.0"):
            return report
    return DeliveryReport()


def _message(
    arrival: MailArrival, mail: Mail, digests: _Digests, speaker: Speaker, flags: tuple[str, ...], desk: Desk
) -> InboundMessage:
    claims, forged = claims_of(mail, arrival.recipients, desk)
    mailbox = own_mailbox(mail, arrival.recipients, desk.profile)
    return InboundMessage(
        intake_id=new_id(),
        channel=CHANNEL,
        dedupe_key=digests.dedupe_key,
        received_at=arrival.received_at,
        speaker=speaker,
        author=_author(mail),
        authentication=_authentication(arrival),
        intent=Intent.COMPLEMENT if claims else Intent.OPEN,
        mailbox=mailbox,
        fields=_fields(speaker, mailbox, desk.profile),
        claims=claims,
        title=mail.subject,
        text=mail.reply_text,
        full_text="" if mail.text == mail.reply_text else mail.text,
        html=mail.html if len(mail.html) <= MAX_HTML else "",
        message_id=mail.message_id,
        references=newest_first(mail),
        is_automatic=_is_automatic(arrival, mail, desk),
        flags=flags + forged,
        attachments=_attachments(mail, digests),
        raw=Blob(digest=digests.raw, size=len(arrival.raw), content=arrival.raw),
        size=len(arrival.raw),
        sender_hash=_sender_hash(mail, desk),
        message_id_hash=desk.signing.pseudonym(mail.message_id) if mail.message_id else "",
    )


def _fields(speaker: Speaker, mailbox: str | None, profile: Profile) -> dict[str, str]:
    """What an address alone says: a board writes to a mailbox for one matter (INTERFACES.md §7)."""
    if speaker.kind is not SpeakerKind.BOARD:
        return {}
    category = next((box.category for box in profile.mailboxes if box.address == mailbox), None)
    return {"category": category} if category else {}


async def _is_blocked(message: InboundMessage, arrival: MailArrival, desk: Desk) -> bool:
    """Whether the From or the envelope's sender, or a domain of theirs, is on the block list."""
    senders = (message.author.email, arrival.mail_from)
    return desk.blocks is not None and await desk.blocks.holds(senders, arrival.received_at)


async def _proven(message: InboundMessage, arrival: MailArrival, desk: Desk) -> InboundMessage:
    """The message with the proof of its sender, where nothing but that proof is missing.

    Raises `Unproven` when DNS would have to tell, unless nobody is to wait for it.
    """
    if desk.prover is None or judge(message, desk.profile).reason is not Reason.SENDER_NOT_PROVEN:
        return message
    if arrival.peer_is_trusted and b"dkim-signature" not in arrival.raw[:MAX_HEADER_BYTES].lower():
        return message  # a board's mail from a program of ours: nothing in it could prove him
    return await _with_proof(message, arrival, desk)


async def prove_refused(message: InboundMessage, arrival: MailArrival, desk: Desk) -> InboundMessage:
    """The message with the proof of a sender who is refused anyway: nobody else may be told so by mail."""
    if desk.prover is None or not message.author.email:
        return message
    return await _with_proof(message, replace(arrival, dns_gave_up=True), desk)


async def _with_proof(message: InboundMessage, arrival: MailArrival, desk: Desk) -> InboundMessage:
    assert desk.prover is not None
    try:
        proof = await desk.prover.prove(_evidence(message, arrival, desk))
    except Unproven:
        if not arrival.dns_gave_up and not arrival.peer_is_trusted:
            raise
        proof = Proof(message.authentication, ("proof=temperror",))
    found = proof.authentication if proof.authentication is Authentication.DMARC else message.authentication
    return message.model_copy(update={"authentication": found, "trail": (*message.trail, *proof.trail)})


def _evidence(message: InboundMessage, arrival: MailArrival, desk: Desk) -> Evidence:
    peer, authserv_id = arrival.peer, arrival.authserv_id
    if _is_in(peer, desk.settings.relay_networks):
        # Whoever handed it to our relay, the relay alone has seen.
        peer, authserv_id = "", desk.settings.authserv_id
    return Evidence(
        raw=arrival.raw, from_address=message.author.email, received_at=arrival.received_at,
        is_board=message.speaker.kind is SpeakerKind.BOARD, peer="" if arrival.peer_is_trusted else peer,
        helo=arrival.helo, mail_from=arrival.mail_from, authserv_id=authserv_id,
    )  # fmt: skip


def _is_in(peer: str, networks: Sequence[Network]) -> bool:
    return bool(peer) and any(ip_address(peer) in network for network in networks)


def _is_automatic(arrival: MailArrival, mail: Mail, desk: Desk) -> bool:
    """Whether a machine wrote it; to a return path writes nobody else."""
    if mail.is_auto_reply or mail.is_bounce or mail.is_bulk or not arrival.mail_from:
        return True
    return return_token(arrival.recipients, desk) is not None


def _author(mail: Mail) -> Address:
    """The sender for display. Only an identity stands as an address; a repaired one is mere text."""
    if mail.identity is not None:
        return mail.identity
    return Address(name=f"{mail.from_name} <{mail.from_addr}>"[:500], email="")


def _authentication(arrival: MailArrival) -> Authentication:
    return Authentication.TRUSTED_NETWORK if arrival.peer_is_trusted else Authentication.NONE


def _attachments(mail: Mail, digests: _Digests) -> tuple[Attachment, ...]:
    return tuple(
        Attachment(
            filename=file.filename,
            content_type=file.content_type,
            blob=Blob(digest=digest, size=file.size, content=file.content),
            content_id=file.content_id,
        )
        for file, digest in zip(mail.attachments, digests.files, strict=True)
    )


def _sender_hash(mail: Mail, desk: Desk) -> str:
    """A keyed hash of the sender, which finds him again and tells nothing."""
    return desk.signing.pseudonym(mail.identity.email if mail.identity else mail.from_addr)
