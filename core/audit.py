"""Who did what, by ids only."""

from datetime import datetime

from tortoise import fields
from tortoise.models import Model

from core.ids import new_id


class AuditRow(Model):
    """One act: who, what, on which object. Never an address, a document or a text."""

    id = fields.UUIDField(primary_key=True)
    at: datetime = fields.DatetimeField(db_index=True)
    actor = fields.CharField(80)
    action = fields.CharField(64)
    object_id = fields.CharField(80, default="")
    detail = fields.CharField(200, default="")

    class Meta:
        table = "audit"


async def record(actor: str, action: str, object_id: str, at: datetime, detail: str = "") -> None:
    """Append one row, `actor` is `agent:7`, `person:3`, `program:…` or `system`."""
    await AuditRow.create(
        id=new_id(), at=at, actor=actor, action=action, object_id=object_id, detail=detail
    )
