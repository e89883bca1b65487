"""The rows of tickets: the matter, its thread, its events, and the ledger of what came in."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from core.people.tables import Agent, Organization, Person


class Status(StrEnum):
    """Where a ticket stands."""

    OPEN = "open"
    PENDING = "pending"
    AWAITING_CUSTOMER = "awaiting_customer"
    AWAITING_RETURN = "awaiting_return"
    CLOSED = "closed"
    CANCELLED = "cancelled"


FINAL = (Status.CLOSED, Status.CANCELLED)


class Ticket(Model):
    """One matter. `id` is the ticket's number, `version` grows with every event."""

    id = fields.IntField(primary_key=True, generated=False)
    protocol = fields.CharField(64, unique=True)
    title = fields.CharField(500)
    status = fields.CharField(24, db_index=True)
    stage = fields.CharField(64, default="")
    sector = fields.CharField(64, db_index=True)
    agent: fields.ForeignKeyNullableRelation[Agent] = fields.ForeignKeyField(
        "core.Agent", null=True, on_delete=fields.RESTRICT
    )
    agent_id: int | None
    priority = fields.CharField(8, default="medium")
    category = fields.CharField(64, null=True)
    subcategory = fields.CharField(64, null=True)
    reason = fields.CharField(64, null=True)
    organization: fields.ForeignKeyNullableRelation[Organization] = fields.ForeignKeyField(
        "core.Organization", null=True, on_delete=fields.RESTRICT
    )
    organization_id: int | None
    requester: fields.ForeignKeyNullableRelation[Person] = fields.ForeignKeyField(
        "core.Person", null=True, on_delete=fields.RESTRICT
    )
    requester_id: int | None
    requester_name = fields.CharField(200, default="")
    affected_customer = fields.CharField(200, null=True)
    mailbox = fields.CharField(320, default="")
    opened_via = fields.CharField(32)
    opened_by = fields.CharField(320)
    opened_at = fields.DatetimeField(db_index=True)
    started_at = fields.DatetimeField(null=True)
    due_at = fields.DatetimeField(null=True)
    closed_at = fields.DatetimeField(null=True)
    chat = fields.CharField(80, null=True, db_index=True)
    linked_to_id: int | None = fields.IntField(null=True)
    entry_count = fields.IntField(default=0)
    version = fields.IntField(default=0)
    # Started before new, then by priority (S2-04, S2-05); kept as a column so that lists can seek.
    work_rank = fields.IntField(default=4, db_index=True)

    class Meta:
        table = "ticket"


class Participant(Model):
    """A person beside the requester who may touch the ticket, and who let him in."""

    id = fields.IntField(primary_key=True)
    ticket: fields.ForeignKeyRelation[Ticket] = fields.ForeignKeyField("core.Ticket")
    ticket_id: int
    person: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField("core.Person")
    person_id: int
    added_by = fields.CharField(320)
    added_at = fields.DatetimeField()

    class Meta:
        table = "participant"
        unique_together = (("ticket", "person"),)


class Entry(Model):
    """One contribution to a ticket's thread, `seq` is dense within the ticket."""

    id = fields.UUIDField(primary_key=True)
    ticket: fields.ForeignKeyRelation[Ticket] = fields.ForeignKeyField("core.Ticket")
    ticket_id: int
    seq = fields.IntField()
    intake_id: UUID | None = fields.UUIDField(null=True, unique=True)
    kind = fields.CharField(16)  # inbound | reply | note | system
    visibility = fields.CharField(8)  # public | internal
    author_role = fields.CharField(16)  # customer | agent | system
    author_id: int | None = fields.IntField(null=True)
    author_name = fields.CharField(200)
    channel = fields.CharField(32)
    text = fields.TextField()
    full_text = fields.TextField()
    at = fields.DatetimeField()
    threaded_by = fields.CharField(16)
    authentication = fields.CharField(24)
    raw_digest: str | None = fields.CharField(64, null=True)  # type: ignore[assignment]
    # Made safe to show when the message came in; null where there was none.
    html: str | None = fields.TextField(null=True)
    # A reply's own subject, where it is another than the ticket's (T12).
    subject = fields.CharField(500, db_default="")

    class Meta:
        table = "entry"
        unique_together = (("ticket", "seq"),)


class EntryAttachment(Model):
    """A file of an entry: its displayed name here, its bytes in the blob store."""

    id = fields.UUIDField(primary_key=True)
    entry: fields.ForeignKeyRelation[Entry] = fields.ForeignKeyField("core.Entry")
    entry_id: UUID
    ticket_id = fields.IntField()
    filename = fields.CharField(255)
    content_type = fields.CharField(127)
    size = fields.BigIntField()
    digest = fields.CharField(64)
    content_id = fields.CharField(255, db_default="")

    class Meta:
        table = "entry_attachment"


class StoredMessageId(Model):
    """A Message-ID seen on a mail of a ticket, several tickets may hold the same one (S09)."""

    id = fields.UUIDField(primary_key=True)
    message_id = fields.CharField(255, db_index=True)
    ticket: fields.ForeignKeyRelation[Ticket] = fields.ForeignKeyField("core.Ticket")
    ticket_id: int

    class Meta:
        table = "stored_message_id"


class AwaitedOriginal(Model):
    """A Message-ID a new ticket refers to and that we have not seen: its mail may still come."""

    id = fields.UUIDField(primary_key=True)
    message_id = fields.CharField(255, db_index=True)
    ticket: fields.ForeignKeyRelation[Ticket] = fields.ForeignKeyField("core.Ticket")
    ticket_id: int
    person_id = fields.IntField()
    expires_at = fields.DatetimeField()

    class Meta:
        table = "awaited_original"


class Event(Model):
    """Something that happened to a ticket, for timeline, log, audit and notices.

    `version` is the ticket's version that this event made. `changes` maps a field to its values
    before and after; it names people by id.
    """

    id = fields.UUIDField(primary_key=True)
    ticket: fields.ForeignKeyRelation[Ticket] = fields.ForeignKeyField("core.Ticket")
    ticket_id: int
    version = fields.IntField()
    kind = fields.CharField(32)
    actor = fields.CharField(320)
    at = fields.DatetimeField()
    entry_id: UUID | None = fields.UUIDField(null=True)
    changes: dict[str, list[str | None]] = fields.JSONField(default=dict)

    class Meta:
        table = "event"
        unique_together = (("ticket", "version"),)


class Counter(Model):
    """The next number of a series, drawn in blocks, numbers drawn are never given back."""

    name = fields.CharField(64, primary_key=True)
    next = fields.BigIntField()

    class Meta:
        table = "counter"


class Intake(Model):
    """The ledger: one row for each message received, with what became of it and by which rules.

    What was filed is found by the entry's `intake_id`. `dedupe_key` begins with the outcome, so a
    held or refused copy never suppresses one that would be filed.
    """

    id = fields.UUIDField(primary_key=True)
    dedupe_key = fields.CharField(160, unique=True)
    channel = fields.CharField(32)
    outcome = fields.CharField(16)  # filed | held | refused | bounce
    reason: str | None = fields.CharField(32, null=True)  # type: ignore[assignment]
    received_at = fields.DatetimeField(db_index=True)
    decided_at = fields.DatetimeField()
    sender_hash = fields.CharField(64, default="", db_index=True)
    message_id_hash = fields.CharField(64, default="", db_index=True)
    size = fields.BigIntField(default=0)
    token_id: int | None = fields.IntField(null=True)
    # Each rule that was asked and what it said, and what was odd: words of ours alone.
    trail = fields.TextField(db_default="")
    flags = fields.CharField(500, db_default="")

    class Meta:
        table = "intake"


class Held(Model):
    """A message in quarantine, sealed, visible to operators until released or discarded."""

    id = fields.UUIDField(primary_key=True)  # the intake's id
    reason = fields.CharField(32)
    channel = fields.CharField(32)
    sender_sealed = fields.BinaryField()
    body_sealed = fields.BinaryField()
    dedupe_key = fields.CharField(160, db_index=True)
    received_at: datetime = fields.DatetimeField()
    state = fields.CharField(16, default="held")  # held | released | discarded | resolved | expired
    decided_by: str | None = fields.CharField(320, null=True)  # type: ignore[assignment]
    decided_at: datetime | None = fields.DatetimeField(null=True)
    # Whose administrators may decide about it; null where only the desk may.
    organization_id: int | None = fields.IntField(null=True, db_index=True)
    # What the sealed body refers to in the blob store, so that no collector takes it for an orphan.
    digests = fields.TextField(db_default="")

    class Meta:
        table = "held"
