"""How badly mail to a recipient bounces: a score that grows with bounces and fades with time.

A hard bounce (5.x.x) adds one, a soft one (4.x.x, a full mailbox) a quarter, and every fortnight halves
what there is. At half a point a customer's address hears no automatic mail any more, so that one hard
bounce silences it for a fortnight and two soft ones within moments do not; what a person writes still
goes. An agent, who would miss his customers, is silenced by a second hard bounce within days. A mail that
arrives later clears nothing, for relays accept first and bounce afterwards; time does.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from tortoise import fields
from tortoise.models import Model

HARD = 1.0
SOFT = 0.25
HALF_LIFE = timedelta(days=14)
SILENT_FROM = {"person": 0.5, "agent": 1.5}
# However often it bounced, two months heal it.
HIGHEST = 8.0

Recipient = tuple[str, int]


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


def faded(score: float, scored_at: datetime, now: datetime) -> float:
    """What time has left of `score`."""
    return float(score * 0.5 ** (max(now - scored_at, timedelta()) / HALF_LIFE))


async def add_bounce(recipient: Recipient, weight: float, now: datetime) -> None:
    """Add `weight` to the recipient's score; part of the caller's transaction."""
    kind, id_ = recipient
    row = await BounceScore.get_or_none(recipient_kind=kind, recipient_id=id_)
    if row is None:
        first = BounceScore(recipient_kind=kind, recipient_id=id_, score=weight, scored_at=now)
        # Of two workers with the first bounces of one address, either's is enough.
        await BounceScore.bulk_create([first], ignore_conflicts=True)
        return
    score = min(faded(row.score, row.scored_at, now) + weight, HIGHEST)
    await BounceScore.filter(id=row.id).update(score=score, scored_at=now)


async def silenced(recipients: Collection[Recipient], now: datetime) -> set[Recipient]:
    """Those of `recipients` whose mail bounces too much for anything automatic."""
    ids = {id_ for _, id_ in recipients}
    if not ids:
        return set()
    rows = await BounceScore.filter(recipient_id__in=ids, score__gte=min(SILENT_FROM.values()))
    loud = {(row.recipient_kind, row.recipient_id) for row in rows if _is_silent(row, now)}
    return loud & set(recipients)


def _is_silent(row: BounceScore, now: datetime) -> bool:
    return faded(row.score, row.scored_at, now) >= SILENT_FROM[row.recipient_kind]
