"""The block list: addresses and domains from which nothing is taken, each with its reason and its end."""

from datetime import datetime

from tortoise import fields
from tortoise.models import Model


class Block(Model):
    """An address or a domain that is blocked, found by its keyed hash and shown from its sealed text."""

    id = fields.IntField(primary_key=True)
    kind = fields.CharField(8)  # address | domain
    key_hash = fields.CharField(64, unique=True)
    shown_sealed = fields.BinaryField()
    reason = fields.CharField(200)
    created_by = fields.CharField(320)
    created_at: datetime = fields.DatetimeField()
    expires_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "block"
