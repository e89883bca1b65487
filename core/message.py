"""The one shape that every channel produces, as versioned JSON for the queues."""

import struct
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from core.decision import Reason

INLINE_LIMIT = 64 * 1024


class _Frozen(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", ser_json_bytes="base64", val_json_bytes="base64"
    )


class Authentication(StrEnum):
    """How sure we are that the sender is who the message says."""

    SESSION = "session"
    DMARC = "dmarc"
    TRUSTED_NETWORK = "trusted_network"
    FORM_TOKEN = "form_token"
    TELEGRAM_LINK = "telegram_link"
    AGENT = "agent"
    NONE = "none"


class Intent(StrEnum):
    """What the message wants: a new ticket, more for one, or news of one."""

    OPEN = "open"
    COMPLEMENT = "complement"
    INQUIRE = "inquire"


class SpeakerKind(StrEnum):
    """Who the directory knows the sender as."""

    PERSON = "person"
    AGENT = "agent"
    BOARD = "board"
    UNKNOWN = "unknown"


class Address(_Frozen):
    """A display name, never trusted, beside an addr-spec (RFC 5322 §3.4)."""

    name: str = ""
    email: str


class Override(_Frozen):
    """What an organization's people may do by a channel, from `since` until before `until`, not the profile's."""

    channel: str
    may: tuple[Intent, ...] = ()
    since: date | None = None
    until: date | None = None

    def holds_on(self, day: date) -> bool:
        return (self.since is None or self.since <= day) and (self.until is None or day < self.until)


class Speaker(_Frozen):
    """A sender as the directory knew him at the door; unknown ones have no id.

    An unknown one has an organization where his address is of its domain and the profile asks for
    that (`hold_colleagues`). `scopes` are what he may ask for, `overrides` his organization's; `also`
    is what an agent may do in sectors beside his own, as it is when his mail is filed.
    """

    kind: SpeakerKind = SpeakerKind.UNKNOWN
    id: int = 0
    name: str = ""
    email: str = ""
    organization_id: int | None = None
    role: str = ""
    sector: str = ""
    may_speak: bool = False
    blocked: bool = False
    administers: bool = False
    scopes: tuple[str, ...] = ()
    overrides: tuple[Override, ...] = ()
    also: dict[str, str] = {}


class Blob(_Frozen):
    """Bytes by their SHA-256: in a queue carried here up to 64 KiB, else already durable in the blob store."""

    digest: str
    size: int
    content: bytes | None = None


class Attachment(_Frozen):
    """A file as the sender named it; the name is for display and never a path.

    `content_id` is what the mail's own HTML calls it by (`cid:`, RFC 2392), without brackets.
    """

    filename: str
    content_type: str
    blob: Blob
    content_id: str = ""


class ClaimKind(StrEnum):
    """By what a message says it belongs to a ticket, strongest first."""

    REPLY_TOKEN = "reply_token"
    MESSAGE_ID = "message_id"
    REFERENCES = "references"
    PROTOCOL = "subject"
    CHAT = "chat"


class Claim(_Frozen):
    """One claim on a ticket: by its number where a signature proves it, else by what was written.

    The rest comes from a reply token: for whom it was made, whether that is an agent, and whether
    it answers an internal note. What came to a return path claims a Message-ID and is internal: an
    agent's responder speaks to nobody outside.
    """

    kind: ClaimKind
    ticket_id: int | None = None
    text: str = ""
    recipient_id: int | None = None
    for_agent: bool = False
    internal: bool = False


class InboundMessage(_Frozen):
    """A message as its channel read it; once judged, one that was accepted or held at the door.

    `held_for` is the reason of a hold. `claims` stand in order of precedence. `dedupe_key` is
    equal for equal messages whatever door they came through (DESIGN.md §4). `released_rules`
    names the reasons an operator has overridden. `html` is the channel's until the message is
    judged and made safe to show from then on. `trail` holds `rule=outcome` for the ledger.
    `archived_at` is the time of a mail imported as history: it is filed, and nobody is written to.
    `sector` and `purpose` are said by what comes through an excepted channel (S4-27).
    """

    type: Literal["message"] = "message"
    version: Literal[1] = 1
    intake_id: UUID
    channel: str
    dedupe_key: str
    received_at: datetime
    speaker: Speaker
    author: Address
    authentication: Authentication
    intent: Intent
    mailbox: str | None = None
    claims: tuple[Claim, ...] = ()
    title: str = ""
    text: str = ""
    full_text: str = ""
    html: str = ""
    fields: dict[str, str] = Field(default_factory=dict)
    message_id: str = ""
    references: tuple[str, ...] = ()
    is_automatic: bool = False
    flags: tuple[str, ...] = ()
    trail: tuple[str, ...] = ()
    sender_is_blocked: bool = False
    archived_at: datetime | None = None
    attachments: tuple[Attachment, ...] = ()
    raw: Blob | None = None
    size: int = 0
    sender_hash: str = ""
    message_id_hash: str = ""
    token_id: int | None = None
    chat: str = ""
    sector: str = ""
    purpose: str = ""
    held_for: Reason | None = None
    released_rules: tuple[Reason, ...] = ()


class RefusedMessage(_Frozen):
    """What is kept of a refused message: no subject, text or address (INTERFACES.md §5).

    `notice_to` is set only for a proven sender of a mail fetched by IMAP, who is told once; it
    stands in no ledger.
    """

    type: Literal["refused"] = "refused"
    version: Literal[1] = 1
    intake_id: UUID
    channel: str
    reason: Reason
    received_at: datetime
    sender_hash: str = ""
    message_id_hash: str = ""
    size: int = 0
    token_id: int | None = None
    flags: tuple[str, ...] = ()
    trail: tuple[str, ...] = ()
    notice_to: str = ""


class Bounce(_Frozen):
    """A machine's report about a delivery; counted, never answered (RFC 3834 §2).

    `ticket_id` and `delivery_tag` come from a return path we signed (`core.tickets.return_addresses`)
    and from nothing else; a report without them is only counted. `action` and `status` are the
    report's own words (RFC 3464 §2.3.3, §2.3.4), empty where it has none.
    """

    type: Literal["bounce"] = "bounce"
    version: Literal[1] = 1
    intake_id: UUID
    channel: str
    received_at: datetime
    dedupe_key: str
    sender_hash: str = ""
    message_id_hash: str = ""
    size: int = 0
    ticket_id: int | None = None
    delivery_tag: int | None = None
    action: str = ""
    status: str = ""
    flags: tuple[str, ...] = ()
    trail: tuple[str, ...] = ()


Inbound = InboundMessage | RefusedMessage | Bounce

_ADAPTER: TypeAdapter[Inbound] = TypeAdapter(Annotated[Inbound, Field(discriminator="type")])
_HEAD = struct.Struct(">BI")
_VERSION = 1
_WITHOUT_RAW = {"raw": {"content"}}


def encode(message: Inbound) -> bytes:
    """A version, the length of the JSON, the JSON, and the bytes of the mail when the message carries them.

    Those bytes are most of a mail's message; inside the JSON they would cost a third more.
    """
    raw = message.raw.content if isinstance(message, InboundMessage) and message.raw else None
    # The adapter writes bytes at once, where a model makes a text of them first.
    text = _ADAPTER.dump_json(message, exclude=_WITHOUT_RAW if raw else None)
    return b"".join((_HEAD.pack(_VERSION, len(text)), text, raw or b""))


def decode(body: bytes) -> Inbound:
    """The message in `body`; ValueError when it is none of ours."""
    if len(body) < _HEAD.size or body[0] != _VERSION:
        raise ValueError("not a message of a version we know")
    end = _HEAD.size + _HEAD.unpack_from(body)[1]
    message = _ADAPTER.validate_json(body[_HEAD.size : end])
    if end < len(body) and isinstance(message, InboundMessage) and message.raw:
        return message.model_copy(update={"raw": message.raw.model_copy(update={"content": body[end:]})})
    return message
