"""Mail in, whatever door it came through: an arrival becomes a message that can be judged."""

from datetime import datetime
from ipaddress import ip_address

from core.attachments import fetch
from core.decision import Reason
from core.errors import Refused, Unavailable
from core.message import Authentication, Bounce, InboundMessage, Intent, Speaker, SpeakerKind
from core.policy.rules_of_content import INFECTED, NOT_SCANNED
from gateway.channels.mail_arrival import MailArrival
from gateway.channels.mail_message import CHANNEL, bounce_of, digests_of, message_of
from gateway.channels.mail_proof import prove_refused, proven
from gateway.channels.smtp_limits import household
from gateway.ingest.bounded_mail import read_any_mail
from gateway.ingest.desk import Desk
from gateway.ingest.mail import Mail
from gateway.ingest.mail_claims import is_ours, return_token
from gateway.ingest.mail_rates import buckets_of
from gateway.ingest.receive import stored

__all__ = ["CHANNEL", "MailArrival", "normalise", "prove_refused", "reread"]


async def normalise(arrival: MailArrival, desk: Desk) -> InboundMessage | Bounce:
    """The message in `arrival`, or a bounce: reports from nobody registered, and our own mail back.

    Nothing is stored yet: large bytes stay in the message until it is judged. Raises `Unavailable`
    when the directory cannot tell who speaks, `LimitReached` when he comes too often.
    """
    mail = await read_any_mail(arrival.raw)
    digests = await digests_of(arrival.raw, mail)
    _take_turn(mail, arrival, desk)
    speaker, is_stale = await _identify(mail, desk, arrival.received_at)
    if _is_for_nobody(arrival, mail, speaker, desk) or is_ours(mail.message_id, desk):
        return bounce_of(arrival, mail, digests, desk)
    flags = (*mail.flags, "directory_stale") if is_stale else mail.flags
    message = message_of(arrival, mail, digests, speaker, flags, desk)
    if await _is_blocked(message, arrival, desk):
        return message.model_copy(update={"sender_is_blocked": True})
    return await proven(message, arrival, desk)


def _take_turn(mail: Mail, arrival: MailArrival, desk: Desk) -> None:
    """One mail more out of the measure of its sender and its peer, before anybody is looked up for it (L09).

    A trusted peer has no measure, and a mailbox we read ourselves waits for us.
    """
    if arrival.peer_is_trusted or not arrival.peer:
        return
    is_relay = arrival.came_from(desk.settings.relay_networks)
    sender = mail.identity.email if mail.identity else mail.from_addr
    where = "" if is_relay else household(ip_address(arrival.peer))
    desk.rates.take(buckets_of(sender, where, desk.profile.limits, desk.signing))


async def _identify(mail: Mail, desk: Desk, now: datetime) -> tuple[Speaker, bool]:
    if mail.identity is None:
        return Speaker(), False
    found = await desk.directory.by_email(mail.identity.email, now)
    return found.speaker, found.is_stale


def _is_for_nobody(arrival: MailArrival, mail: Mail, speaker: Speaker, desk: Desk) -> bool:
    if speaker.kind is not SpeakerKind.UNKNOWN:
        return False
    return not arrival.mail_from or mail.is_report or return_token(arrival.recipients, desk) is not None


async def _is_blocked(message: InboundMessage, arrival: MailArrival, desk: Desk) -> bool:
    """Whether the From or the envelope's sender, or a domain of theirs, is on the block list."""
    senders = (message.author.email, arrival.mail_from)
    return desk.blocks is not None and await desk.blocks.holds(senders, arrival.received_at)


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
