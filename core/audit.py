"""Who did what, with what it was before and after: ids and words of ours only."""

from collections.abc import Sequence
from datetime import datetime

from tortoise import fields
from tortoise.models import Model

from core.database import insert_many
from core.ids import new_id


class AuditRow(Model):
    """One act: who, what, on which object, before and after. Never an address, a document or a text.

    `seq` and `digest` are null until the sealer has put the row into the chain (`core.sealing_audit`).
    """

    id = fields.UUIDField(primary_key=True)
    at: datetime = fields.DatetimeField(db_index=True)
    actor = fields.CharField(80)
    action = fields.CharField(64)
    object_id = fields.CharField(80, default="")
    detail = fields.CharField(200, default="")
    before = fields.CharField(200, default="", db_default="")
    after = fields.CharField(200, default="", db_default="")
    seq: int | None = fields.BigIntField(null=True, unique=True)
    digest: str | None = fields.CharField(64, null=True)  # type: ignore[assignment]

    class Meta:
        table = "audit"


class AuditHead(Model):
    """Where the chain of audit rows ends, `mac` is made with a key the database does not hold."""

    id = fields.IntField(primary_key=True, generated=False)  # always 1
    seq = fields.BigIntField()
    digest = fields.CharField(64)
    mac = fields.CharField(64)
    sealed_at: datetime = fields.DatetimeField()

    class Meta:
        table = "audit_head"


async def record(
    actor: str, action: str, object_id: str, at: datetime, detail: str = "", *, before: str = "", after: str = ""
) -> None:
    """Append one row, `actor` is `agent:7`, `person:3`, `program:…` or `system`.

    `before` and `after` are words of ours or ids, as `role=reader may_speak=no`.
    """
    await row(actor, action, object_id, at, detail, before=before, after=after).save(force_create=True)


def row(
    actor: str, action: str, object_id: str, at: datetime, detail: str = "", *, before: str = "", after: str = ""
) -> AuditRow:
    """A row that `record_all` appends."""
    return AuditRow(
        id=new_id(), at=at, actor=actor, action=action, object_id=object_id, detail=detail, before=before[:200],
        after=after[:200],
    )  # fmt: skip


async def record_all(rows: Sequence[AuditRow]) -> None:
    """Append many rows at once."""
    await insert_many(AuditRow, rows)
