"""What a mail becomes inside the house: a message to be judged, or a bounce to be bound to its delivery."""

import asyncio
import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

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
from core.profile import Profile
from gateway.channels.mail_arrival import MailArrival
from gateway.ingest.bounded_mail import INLINE_BYTES
from gateway.ingest.desk import Desk
from gateway.ingest.dsn import DeliveryReport, read_report
from gateway.ingest.html_shown import MAX_HTML
from gateway.ingest.mail import Mail
from gateway.ingest.mail_claims import claims_of, newest_first, pretends_to_be_signed, return_token
from gateway.ingest.mailboxes import own_mailbox

CHANNEL = "email"
# Hashing lets other threads run meanwhile; two large mails at a time, so that the others' turn comes.
_counters = ThreadPoolExecutor(2, thread_name_prefix="mail-digests")


@dataclass(frozen=True, slots=True)
class Digests:
    """The SHA-256 of the mail and of each file, and the key by which copies are known."""

    raw: str
    dedupe_key: str
    files: tuple[str, ...]


async def digests_of(raw: bytes, mail: Mail) -> Digests:
    """The digests of a mail, beside the event loop where it is large."""
    if len(raw) <= INLINE_BYTES:
        return _digests(raw, mail)
    return await asyncio.get_running_loop().run_in_executor(_counters, _digests, raw, mail)


def _digests(raw: bytes, mail: Mail) -> Digests:
    return Digests(
        raw=hashlib.sha256(raw).hexdigest(),
        dedupe_key=_dedupe_key(raw, mail),
        files=tuple(hashlib.sha256(each.content).hexdigest() for each in mail.attachments),
    )


def _dedupe_key(raw: bytes, mail: Mail) -> str:
    """Equal for one mail through any door, unequal for two that share a Message-ID (DESIGN.md §4)."""
    digest = hashlib.sha256(mail.fingerprint)
    digest.update(b"\x00")
    # Doors differ in line ends and in how many stand at the end, never in the rest of the body.
    digest.update(raw[mail.body_at :].replace(b"\r", b"").rstrip(b"\n"))
    return digest.hexdigest()


def bounce_of(arrival: MailArrival, mail: Mail, digests: Digests, desk: Desk) -> Bounce:
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


def message_of(
    arrival: MailArrival, mail: Mail, digests: Digests, speaker: Speaker, flags: tuple[str, ...], desk: Desk
) -> InboundMessage:
    """The message in a mail of `speaker`, with what was odd about it and what it claims."""
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


def _attachments(mail: Mail, digests: Digests) -> tuple[Attachment, ...]:
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
