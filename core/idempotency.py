"""What must happen once: answers kept under an idempotency key, and notices said once a period."""

from datetime import UTC, datetime

from tortoise import fields
from tortoise.models import Model

from core.database import query

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class IdempotencyKey(Model):
    """A request's key within its scope, and the answer once there is one."""

    key = fields.CharField(64, primary_key=True)  # SHA-256 of scope and key
    body_digest = fields.CharField(64)
    status: int | None = fields.IntField(null=True)
    answer: str | None = fields.TextField(null=True)
    created_at: datetime = fields.DatetimeField()
    expires_at: datetime = fields.DatetimeField(db_index=True)

    class Meta:
        table = "idempotency_key"


class Said(Model):
    """Something said that is not said again before `until`."""

    key = fields.CharField(160, primary_key=True)
    until: datetime = fields.DatetimeField(db_index=True)

    class Meta:
        table = "said"


async def first_time(key: str, now: datetime, until: datetime) -> bool:
    """Whether `key` was not said in a period that still runs, from now on it is, until `until`."""
    await query('INSERT INTO "said" ("key", "until") VALUES ($1, $2) ON CONFLICT DO NOTHING', [key, _LONG_AGO])
    # One conditional update decides between two that ask at once.
    return bool(await Said.filter(key=key, until__lte=now).update(until=until))
