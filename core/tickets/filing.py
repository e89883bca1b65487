"""What one transaction writes about tickets: gathered by the verbs, written in bulk at its end."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from core.attachments import insert_small
from core.database import execute_many, insert_many
from core.deliveries import Delivery, DeliveryKind, DeliveryRef
from core.ids import new_id
from core.message import Attachment, Blob
from core.people.tables import Agent
from core.tickets.administrators.keeping import keep
from core.tickets.administrators.tables import AdministratorChange
from core.tickets.new_rows import NewDelivery, NewEntry, NewEvent, NewMessageId
from core.tickets.office import Office
from core.tickets.tables import (
    AwaitedOriginal,
    Entry,
    EntryAttachment,
    Event,
    Participant,
    StoredMessageId,
    Ticket,
)

MAX_TITLE = 500
Mark = tuple[int, ...]
_PRIORITY_RANK = {"high": 0, "medium": 1, "low": 2}
_MUTABLE = (
    "title", "status", "stage", "sector", "agent_id", "priority", "category", "subcategory", "reason",
    "started_at", "due_at", "closed_at", "entry_count", "version",
    "work_rank",
)  # fmt: skip

_SET = ", ".join(f'"{name}" = ${at}' for at, name in enumerate(_MUTABLE, 1))
_UPDATE = f'UPDATE "ticket" SET {_SET} WHERE "id" = ${len(_MUTABLE) + 1}'


@dataclass(frozen=True, slots=True)
class Author:
    """Who an entry or an event is by: `customer`, `agent` or `system`, with the id of his row."""

    role: str
    id: int | None = None
    name: str = ""

    @property
    def label(self) -> str:
        """How events name him: by id, resolved to an address only where it is shown."""
        kind = "person" if self.role == "customer" else self.role
        return f"{kind}:{self.id}" if self.id else "system"


SYSTEM_AUTHOR = Author("system", name="Guichê")


@dataclass(frozen=True, slots=True)
class EntryText:
    """What an entry says and how it came; `full_text` keeps what `text` leaves out, `html` is safe to show."""

    text: str
    channel: str
    full_text: str = ""
    html: str = ""
    subject: str = ""
    threaded_by: str = "agent"
    authentication: str = "agent"
    intake_id: UUID | None = None
    raw: Blob | None = None
    attachments: Sequence[Attachment] = ()


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom a delivery is for; a chat's key or an unregistered address travels sealed."""

    kind: str  # person | agent | chat | address
    id: int = 0
    sealed: bytes | None = None


@dataclass(slots=True)
class Filing:
    """The harvest of one transaction. Nothing is written before `write`."""

    office: Office
    now: datetime
    staff: Sequence[Agent] = ()
    opened: list[Ticket] = field(default_factory=list)
    changed: dict[int, Ticket] = field(default_factory=dict)
    entries: list[NewEntry] = field(default_factory=list)
    files: list[EntryAttachment] = field(default_factory=list)
    events: list[NewEvent] = field(default_factory=list)
    deliveries: list[NewDelivery] = field(default_factory=list)
    message_ids: list[NewMessageId] = field(default_factory=list)
    awaited: list[AwaitedOriginal] = field(default_factory=list)
    participants: list[Participant] = field(default_factory=list)
    blobs: list[Blob] = field(default_factory=list)
    asked_changes: list[AdministratorChange] = field(default_factory=list)
    past: datetime | None = None

    @property
    def at(self) -> datetime:
        """When what is being filed was said: now, but for history."""
        return self.past or self.now

    @contextmanager
    def in_the_past(self, at: datetime) -> Iterator[None]:
        """What is gathered inside was said at `at`, and nobody is told of it. Events say when it was filed."""
        self.past = at
        try:
            yield
        finally:
            self.past = None

    def open(self, ticket: Ticket) -> None:
        """Add a new ticket."""
        ticket.title = _plain(ticket.title)[:MAX_TITLE]
        self.opened.append(ticket)

    def change(self, ticket: Ticket, **values: object) -> dict[str, list[str | None]]:
        """Set fields of `ticket`; what differed, as `{field: [before, after]}`."""
        changes: dict[str, list[str | None]] = {}
        for name, after in values.items():
            before = getattr(ticket, name)
            if before != after:
                changes[name] = [_shown(before), _shown(after)]
                setattr(ticket, name, after)
        self._touch(ticket)
        return changes

    def add_entry(self, ticket: Ticket, kind: str, visibility: str, author: Author, said: EntryText) -> NewEntry:
        """Add one contribution at the end of the thread, with its files."""
        ticket.entry_count += 1
        self._touch(ticket)
        entry = NewEntry(
            id=new_id(), ticket_id=ticket.id, seq=ticket.entry_count, intake_id=said.intake_id, kind=kind,
            visibility=visibility, author_role=author.role, author_id=author.id,
            author_name=_plain(author.name)[:200], channel=said.channel, text=_plain(said.text),
            full_text=_plain(said.full_text or said.text), at=self.at, threaded_by=said.threaded_by,
            authentication=said.authentication, raw_digest=said.raw.digest if said.raw else None,
            html=_plain(said.html) or None, subject=_plain(said.subject)[:MAX_TITLE],
        )  # fmt: skip
        self.entries.append(entry)
        self.blobs += [said.raw] if said.raw else []
        for each in said.attachments:
            self._add_file(entry, each)
        return entry

    def record(
        self,
        ticket: Ticket,
        kind: str,
        author: Author,
        *,
        entry: NewEntry | Entry | None = None,
        changes: Mapping[str, list[str | None]] | None = None,
    ) -> NewEvent:
        """Add the event that says what happened; it makes the ticket's next version."""
        ticket.version += 1
        self._touch(ticket)
        event = NewEvent(
            id=new_id(), ticket_id=ticket.id, version=ticket.version, kind=kind, actor=author.label, at=self.now,
            entry_id=entry.id if entry else None, changes=json.dumps(dict(changes or {})),
        )  # fmt: skip
        self.events.append(event)
        return event

    def send(self, event: NewEvent, kind: DeliveryKind, channel: str, recipient: Recipient, detail: str = "") -> None:
        """Add a delivery: written with the change itself, sent after the commit. History sends nothing."""
        if self.past is not None:
            return
        self.deliveries.append(
            NewDelivery(
                id=new_id(), event_id=event.id, ticket_id=event.ticket_id, entry_id=event.entry_id, kind=kind.value,
                channel=channel, recipient_kind=recipient.kind, recipient_id=recipient.id,
                recipient_sealed=recipient.sealed, detail=detail, next_try_at=self.now, created_at=self.now,
            )  # fmt: skip
        )

    def hold_back(self, entry: NewEntry, until: datetime) -> None:
        """Let what was sent of `entry` leave no earlier: until then it can be taken back."""
        self.deliveries[:] = [
            replace(each, next_try_at=until) if each.entry_id == entry.id else each for each in self.deliveries
        ]

    def store_message_id(self, ticket: Ticket, message_id: str) -> None:
        """Remember a Message-ID, so that replies to that mail find the ticket."""
        if message_id:
            self.message_ids.append(NewMessageId(id=new_id(), message_id=message_id, ticket_id=ticket.id))

    def mark(self) -> Mark:
        """Where the harvest stands, for `rewind`."""
        return tuple(len(rows) for rows in self._rows())

    def rewind(self, mark: Mark) -> None:
        """Drop what was gathered since `mark`: a verb failed half-way and did nothing."""
        for rows, length in zip(self._rows(), mark, strict=True):
            del rows[length:]

    def _rows(self) -> tuple[list[Any], ...]:
        return (
            self.opened, self.entries, self.files, self.events, self.deliveries, self.message_ids, self.awaited,
            self.participants, self.blobs, self.asked_changes,
        )  # fmt: skip

    def delivery_refs(self) -> list[DeliveryRef]:
        """What may leave at once; the scheduler announces the others when their time comes."""
        return [DeliveryRef(each.id, each.channel) for each in self.deliveries if each.next_try_at <= self.now]

    async def write(self) -> None:
        """Insert and update everything gathered, in an order that satisfies the foreign keys."""
        await insert_small(self.blobs, self.now)
        await insert_many(Ticket, self.opened)
        await self._write_changed()
        await insert_many(Entry, self.entries)
        await insert_many(EntryAttachment, self.files)
        await insert_many(Event, self.events)
        await insert_many(StoredMessageId, self.message_ids)
        await insert_many(AwaitedOriginal, self.awaited)
        await insert_many(Delivery, self.deliveries)
        if self.participants:
            await Participant.bulk_create(self.participants, ignore_conflicts=True)
        for asked in self.asked_changes:
            await keep(asked, self.now)

    async def _write_changed(self) -> None:
        new = {ticket.id for ticket in self.opened}
        rows = [self.changed[key] for key in sorted(self.changed) if key not in new]
        if rows:
            columns = (*_MUTABLE, "id")
            await execute_many(_UPDATE, [[getattr(row, name) for name in columns] for row in rows])

    def _touch(self, ticket: Ticket) -> None:
        ticket.work_rank = (0 if ticket.started_at else 3) + _PRIORITY_RANK.get(ticket.priority, 1)
        self.changed[ticket.id] = ticket

    def _add_file(self, entry: NewEntry, attachment: Attachment) -> None:
        self.blobs.append(attachment.blob)
        self.files.append(
            EntryAttachment(
                id=new_id(), entry_id=entry.id, ticket_id=entry.ticket_id, filename=_plain(attachment.filename)[:255],
                content_type=attachment.content_type[:127], size=attachment.blob.size, digest=attachment.blob.digest,
                content_id=_plain(attachment.content_id)[:255],
            )  # fmt: skip
        )


def _plain(text: str) -> str:
    """PostgreSQL rejects NUL in text, and UTF-8 has no lone surrogates (SECURITY.md S22)."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def _shown(value: object) -> str | None:
    if value is None:
        return None
    return value.isoformat() if isinstance(value, datetime) else str(value)
