"""The row of a change of administrator: what a board asked for, and how far it got (S4-22)."""

from datetime import datetime
from enum import StrEnum

from tortoise import fields
from tortoise.models import Model

from core.people.tables import Organization
from core.tickets.tables import Ticket


class ChangeState(StrEnum):
    """How far a change of administrator got.

    `incomplete` lacks name, CPF or address; `requested` waits for two approvals; `announced` was told
    to every current administrator, any of whom may contest until `contest_until`.
    """

    INCOMPLETE = "incomplete"
    REQUESTED = "requested"
    ANNOUNCED = "announced"
    CONTESTED = "contested"
    REJECTED = "rejected"
    DONE = "done"
    FAILED = "failed"


class AdministratorChange(Model):
    """A board's request for another administrator. `asked_sealed` is JSON of name, CPF, address, whom he replaces."""

    id = fields.IntField(primary_key=True)
    ticket: fields.ForeignKeyRelation[Ticket] = fields.ForeignKeyField("core.Ticket")
    ticket_id: int
    organization: fields.ForeignKeyRelation[Organization] = fields.ForeignKeyField("core.Organization")
    organization_id: int
    state = fields.CharField(16, db_index=True)
    asked_sealed: bytes = fields.BinaryField()
    first_approval_by: int | None = fields.IntField(null=True)
    second_approval_by: int | None = fields.IntField(null=True)
    contest_until: datetime | None = fields.DatetimeField(null=True)
    decided_by: str | None = fields.CharField(80, null=True)  # type: ignore[assignment]
    decided_at: datetime | None = fields.DatetimeField(null=True)
    reason = fields.CharField(200, default="")
    created_at: datetime = fields.DatetimeField()

    class Meta:
        table = "administrator_change"
