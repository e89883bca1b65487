"""What a web form sends, as the one shape every channel produces."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.message import (
    Address,
    Attachment,
    Authentication,
    Claim,
    ClaimKind,
    InboundMessage,
    Intent,
    Speaker,
)
from gateway.ingest.desk import Desk

_TITLE_WORDS = 10


@dataclass(frozen=True, slots=True)
class FormPost:
    """The form's fields, already checked; `extra` holds the profile's own, and the telephone."""

    email: str
    message: str
    name: str = ""
    title: str = ""
    category: str = ""
    subcategory: str = ""
    protocol: str = ""
    extra: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class FormArrival:
    """One post under a form's token. A token that is not `is_verified` proves no address."""

    intake_id: UUID
    dedupe_key: str
    received_at: datetime
    token_id: int
    is_verified: bool
    post: FormPost
    attachments: tuple[Attachment, ...]
    size: int


def normalise(arrival: FormArrival, speaker: Speaker, desk: Desk) -> InboundMessage:
    """The message; a protocol makes it a complement, whose standing is judged where tickets are known."""
    post = arrival.post
    claims = (Claim(kind=ClaimKind.PROTOCOL, text=post.protocol),) if post.protocol else ()
    fields = {"category": post.category, "subcategory": post.subcategory, **(post.extra or {})}
    return InboundMessage(
        intake_id=arrival.intake_id,
        channel="form",
        dedupe_key=arrival.dedupe_key,
        received_at=arrival.received_at,
        speaker=speaker,
        author=Address(name=post.name, email=post.email),
        authentication=Authentication.FORM_TOKEN if arrival.is_verified else Authentication.NONE,
        intent=Intent.COMPLEMENT if claims else Intent.OPEN,
        mailbox=desk.profile.support_mailbox.address,
        claims=claims,
        title=post.title or _first_words(post.message),
        text=post.message,
        full_text=post.message,
        fields={name: text for name, text in fields.items() if text},
        attachments=arrival.attachments,
        size=arrival.size,
        sender_hash=desk.signing.pseudonym(post.email),
        token_id=arrival.token_id,
    )


def _first_words(message: str) -> str:
    words = message.split()
    return " ".join(words[:_TITLE_WORDS]) + ("…" if len(words) > _TITLE_WORDS else "")
