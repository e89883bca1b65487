"""The front door: judge what a channel read, make it durable, and only then answer."""

import hashlib
from dataclasses import dataclass

from core.attachments import BlobStore
from core.decision import Decision, Reason, Step, Verdict
from core.errors import Unavailable
from core.message import (
    INLINE_LIMIT,
    Attachment,
    Authentication,
    Blob,
    Bounce,
    Inbound,
    InboundMessage,
    RefusedMessage,
    encode,
)
from core.policy import admission
from core.queues import INBOUND, Publication
from gateway.ingest.bounded_html import shown_in_time
from gateway.ingest.desk import Desk
from gateway.ingest.files import believed_type
from gateway.ingest.scanning import scanned
from gateway.metrics import count_received


@dataclass(frozen=True, slots=True)
class Received:
    """What became of a message; the channel may answer, for it is durable."""

    intake_id: str
    decision: Decision


async def receive(inbound: InboundMessage | Bounce, desk: Desk, *, tells_refused: bool = False) -> Received:
    """Judge `inbound` and store what is left of it durably.

    Accepted and held ones whole; of a refused one only that it was there. Bytes over 64 KiB that
    a channel left in the message go to the blob store, and not before the message is judged.
    With `tells_refused` a proven sender is written to when he is refused: for a door that cannot
    answer itself. Raises `Unavailable` when it cannot be stored.
    """
    try:
        kept, decision = await _judged(inbound, desk)
        if tells_refused and isinstance(inbound, InboundMessage) and isinstance(kept, RefusedMessage):
            kept = kept.model_copy(update={"notice_to": _notice_to(inbound)})
        await _publish(kept, desk)
    except Unavailable:
        count_received(inbound.channel, "unavailable")
        raise
    count_received(inbound.channel, decision.verdict, decision.reason)
    return Received(str(inbound.intake_id), decision)


async def note_refused(refused: RefusedMessage, desk: Desk) -> None:
    """Store durably that a message was refused before anybody read it. Raises `Unavailable`."""
    await _publish(refused, desk)
    count_received(refused.channel, Verdict.REFUSE, refused.reason)


def _notice_to(message: InboundMessage) -> str:
    """Nobody but a human whose address his mail proved is told anything (RFC 3834 §2)."""
    if message.is_automatic or message.authentication is not Authentication.DMARC:
        return ""
    return message.author.email


async def decided(inbound: InboundMessage | Bounce, desk: Desk) -> tuple[InboundMessage | Bounce, Decision]:
    """`inbound` with its trail, as the scanner leaves it, and what is decided about it; nothing is stored."""
    if isinstance(inbound, Bounce):
        decision = Decision(Verdict.ACCEPT, None, (Step("is_a_bounce", Verdict.ACCEPT.value),))
        return inbound.model_copy(update={"trail": (*inbound.trail, *decision.spelled)}), decision
    decision = admission.judge(inbound, desk.profile)
    if desk.scanner is not None and decision.verdict is not Verdict.REFUSE:
        # What is held for another reason, too: once released it is asked about no more.
        inbound = await scanned(inbound, desk.scanner)
        decision = admission.judge(inbound, desk.profile)
    return inbound.model_copy(update={"trail": (*inbound.trail, *decision.spelled)}), decision


async def _judged(inbound: InboundMessage | Bounce, desk: Desk) -> tuple[Inbound, Decision]:
    told, decision = await decided(inbound, desk)
    if isinstance(told, Bounce):
        return told, decision
    if decision.verdict is Verdict.REFUSE:
        return _without_content(told, decision.reason or Reason.NOT_AUTHORIZED), decision
    if decision.verdict is Verdict.HOLD:
        told = told.model_copy(update={"held_for": decision.reason})
    return await stored(told, desk.blobs), decision


def _without_content(message: InboundMessage, reason: Reason) -> RefusedMessage:
    """What may be kept of a refused message (INTERFACES.md §5)."""
    return RefusedMessage(
        intake_id=message.intake_id,
        channel=message.channel,
        reason=reason,
        received_at=message.received_at,
        sender_hash=message.sender_hash,
        message_id_hash=message.message_id_hash,
        size=message.size,
        token_id=message.token_id,
        flags=message.flags,
        trail=message.trail,
    )


async def stored(message: InboundMessage, blobs: BlobStore) -> InboundMessage:
    """`message` as it may be kept: its HTML safe, its files under types they agree with, large bytes in the store."""
    changes: dict[str, object] = {}
    if message.html:
        # A refused one's HTML is never looked at: whoever may write here has earned the work.
        changes["html"] = await shown_in_time(message.html)
    if message.raw is not None and _is_large(message.raw):
        changes["raw"] = await _moved(message.raw, blobs)
    if message.attachments:
        # One after the other: they share one disk, and each stays in memory until it is written.
        changes["attachments"] = tuple([await _shelved(each, blobs) for each in message.attachments])
    return message.model_copy(update=changes) if changes else message


async def _shelved(file: Attachment, blobs: BlobStore) -> Attachment:
    """The file under the type its bytes agree with, and they in the store where they are large."""
    kind = file.content_type if file.blob.content is None else believed_type(file.content_type, file.blob.content)
    if kind == file.content_type and not _is_large(file.blob):
        return file
    return file.model_copy(update={"content_type": kind, "blob": await _moved(file.blob, blobs)})


def _is_large(blob: Blob) -> bool:
    return blob.content is not None and len(blob.content) > INLINE_LIMIT


async def _moved(blob: Blob, blobs: BlobStore) -> Blob:
    """The blob with its bytes in the store rather than in the message, where they are large."""
    if blob.content is None or not _is_large(blob):
        return blob
    await blobs.put(blob.digest, blob.content)
    return Blob(digest=blob.digest, size=blob.size)


async def _publish(inbound: Inbound, desk: Desk) -> None:
    publication = Publication(str(inbound.intake_id), conversation_key(inbound), encode(inbound))
    await desk.queue.publish(INBOUND, [publication])


def conversation_key(inbound: Inbound) -> str:
    """What messages of one conversation share, so that they are filed in order; tells nothing else.

    The signed ticket, else the oldest Message-ID in References, else In-Reply-To, else its own.
    """
    if not isinstance(inbound, InboundMessage):
        return str(inbound.intake_id)
    for claim in inbound.claims:
        if claim.ticket_id is not None:
            return f"ticket-{claim.ticket_id}"
    # Newest first: In-Reply-To, then References from its end.
    oldest = inbound.references[-1] if inbound.references else inbound.message_id
    return hashlib.sha256((inbound.chat or oldest or inbound.dedupe_key).encode()).hexdigest()[:32]
