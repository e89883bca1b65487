"""How badly mail to a recipient bounces: a score that grows with bounces and fades with time."""

from datetime import datetime

from tortoise import fields
from tortoise.models import Model


class BounceScore(Model):
    """The score of one person's or agent's address as it was at `scored_at`."""

    id = fields.IntField(primary_key=True)
    recipient_kind = fields.CharField(8)  # person | agent
    recipient_id = fields.IntField()
    score = fields.FloatField()
    scored_at: datetime = fields.DatetimeField()

    class Meta:
        table = "bounce_score"
        unique_together = (("recipient_kind", "recipient_id"),)
