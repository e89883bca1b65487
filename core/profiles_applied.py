"""The versions of a profile that were applied to this installation, each with its text."""

import difflib
import hashlib
from datetime import datetime

from tortoise import fields
from tortoise.models import Model

from core.audit import record
from core.database import transaction


class AppliedProfile(Model):
    """One applied version: the file as it was, when, and by whom."""

    id = fields.IntField(primary_key=True)
    name = fields.CharField(64)
    digest = fields.CharField(64)
    text = fields.TextField()
    applied_at: datetime = fields.DatetimeField()
    applied_by = fields.CharField(80)

    class Meta:
        table = "applied_profile"


async def apply(name: str, text: str, applied_by: str, now: datetime) -> bool:
    """Keep `text` as the version in force; False when it already is."""
    digest = hashlib.sha256(text.encode()).hexdigest()
    last = await in_force()
    if last is not None and last.digest == digest:
        return False

    async with transaction():
        await AppliedProfile.create(
            name=name, digest=digest, text=text, applied_at=now, applied_by=applied_by
        )
        before = f"{last.name} {last.digest}" if last else ""
        await record(applied_by, "profile_applied", f"profile:{name}", now, before=before, after=f"{name} {digest}")
    return True


async def in_force() -> AppliedProfile | None:
    """The version applied last."""
    return await AppliedProfile.all().order_by("-id").first()


async def difference(text: str) -> list[str]:
    """What `text` changes against the version in force, as lines of a unified diff."""
    last = await in_force()
    before = last.text.splitlines() if last else []
    return list(difflib.unified_diff(before, text.splitlines(), "applied", "proposed", lineterm=""))
