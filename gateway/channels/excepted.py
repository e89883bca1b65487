"""What comes by an unofficial channel under an exception of the profile, such as WhatsApp for negotiation (S4-27)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.message import Address, Authentication, Claim, ClaimKind, InboundMessage, Intent, Speaker
from core.texts import tr
from gateway.ingest.desk import Desk

_TITLE_LENGTH = 80


@dataclass(frozen=True, slots=True)
class ExceptedPost:
    """What the program in between says: `sender` is a telephone number or another name of the channel's own."""

    sender: str
    sender_name: str
    sector: str
    purpose: str
    text: str


@dataclass(frozen=True, slots=True)
class ExceptedArrival:
    """One post under the token of `channel`."""

    intake_id: UUID
    dedupe_key: str
    received_at: datetime
    channel: str
    token_id: int
    post: ExceptedPost


def normalise(arrival: ExceptedArrival, desk: Desk) -> InboundMessage:
    """The message: of nobody known, proven by nothing; it belongs to the newest open ticket of the same sender.

    His number is told in the whole text alone, which agents read; his chat is named by a keyed hash.
    """
    post, channel = arrival.post, arrival.channel
    # Not `bot:number`, as a chat with a bot of ours is named: nothing may ever be sent there.
    chat = f"{channel}/{desk.signing.pseudonym(post.sender)[:32]}"
    title = next((line.strip() for line in post.text.splitlines() if line.strip()), "")
    return InboundMessage(
        intake_id=arrival.intake_id,
        channel=channel,
        dedupe_key=arrival.dedupe_key,
        received_at=arrival.received_at,
        speaker=Speaker(),
        author=Address(name=post.sender_name, email=""),
        authentication=Authentication.NONE,
        intent=Intent.OPEN,
        mailbox=desk.profile.support_mailbox.address,
        claims=(Claim(kind=ClaimKind.CHAT, text=chat),),
        title=title[:_TITLE_LENGTH],
        text=post.text,
        full_text=f"{post.text}\n\n{_circumstances(arrival, desk)}",
        size=len(post.text.encode()),
        sender_hash=desk.signing.pseudonym(post.sender),
        token_id=arrival.token_id,
        chat=chat,
        sector=post.sector,
        purpose=post.purpose,
    )


def _circumstances(arrival: ExceptedArrival, desk: Desk) -> str:
    rule, post = desk.profile.channels[arrival.channel], arrival.post
    text = "Sent by {name} ({sender}) by {channel}. Nothing is sent back there: answer by an official channel."
    return tr(desk.profile.language, text, name=post.sender_name, sender=post.sender, channel=rule.title)
