"""Rows about to be written, as plain values: making a Tortoise model of each would cost more than writing it.

Their fields carry the names of the columns; `core.database.insert_many` reads them.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class NewEntry:
    """An `Entry`."""

    id: UUID
    ticket_id: int
    seq: int
    intake_id: UUID | None
    kind: str
    visibility: str
    author_role: str
    author_id: int | None
    author_name: str
    channel: str
    text: str
    full_text: str
    at: datetime
    threaded_by: str
    authentication: str
    raw_digest: str | None
    html: str | None = None
    subject: str = ""


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An `Event`; `changes` is its JSON already."""

    id: UUID
    ticket_id: int
    version: int
    kind: str
    actor: str
    at: datetime
    entry_id: UUID | None
    changes: str


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """A `Delivery` nobody has tried yet."""

    id: UUID
    event_id: UUID | None
    ticket_id: int | None
    entry_id: UUID | None
    kind: str
    channel: str
    recipient_kind: str
    recipient_id: int
    recipient_sealed: bytes | None
    detail: str
    next_try_at: datetime
    created_at: datetime
    state: str = "queued"
    attempts: int = 0
    sent_at: None = None
    last_error: None = None


@dataclass(frozen=True, slots=True)
class NewMessageId:
    """A `StoredMessageId`."""

    id: UUID
    message_id: str
    ticket_id: int
