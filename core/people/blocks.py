"""The block list: addresses and domains from which nothing is taken, each with its reason and its end."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from tortoise import fields
from tortoise.expressions import Q
from tortoise.models import Model

from core import audit
from core.database import transaction
from core.decision import Reason
from core.errors import InvalidFields, Refused
from core.keys import SealingKeys, SigningKeys
from core.people.actor import Actor
from core.people.addresses import canonical_email
from core.people.block_list import keys_of
from core.profile import Profile

_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_RENEWED = ["kind", "shown_sealed", "reason", "created_by", "created_at", "expires_at"]
_CONTEXT = "block"


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


@dataclass(frozen=True, slots=True)
class NewBlock:
    """What is to be blocked, why, and for how long; `lasts` is None for ever."""

    value: str
    reason: str
    lasts: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Keys:
    """What the list is found by, and what it is sealed with."""

    signing: SigningKeys
    sealing: SealingKeys


async def add(new: NewBlock, profile: Profile, keys: Keys, actor: Actor, now: datetime) -> dict[str, object]:
    """Block an address, or a domain and all below it; again: with the new reason and end.

    Raises `InvalidFields` for what is neither, and for a domain of our own mailboxes.
    """
    kind, key = _key(new.value)
    _check(new, key, profile)

    row = Block(
        kind=kind, key_hash=keys.signing.pseudonym(key), shown_sealed=keys.sealing.seal(key.encode(), _CONTEXT),
        reason=new.reason.strip()[:200], created_by=actor.audit_name, created_at=now,
        expires_at=now + new.lasts if new.lasts else None,
    )  # fmt: skip
    async with transaction():
        # A write first, and the row is ours: what was before is what stands there now.
        await Block.filter(key_hash=row.key_hash).update(kind=kind)
        earlier = await Block.get_or_none(key_hash=row.key_hash)
        await Block.bulk_create([row], on_conflict=["key_hash"], update_fields=_RENEWED)
        block = await Block.get(key_hash=row.key_hash)
        before = _audited(earlier) if earlier else ""
        await audit.record(
            actor.audit_name, "blocked", f"block:{block.id}", now, before=before, after=_audited(block)
        )
    return _shown(block, keys.sealing)


async def remove(value: str, keys: Keys, actor: Actor, now: datetime) -> None:
    """Take an address or a domain off the list; raises `Refused` when it is not on it."""
    _, key = _key(value)
    block = await Block.get_or_none(key_hash=keys.signing.pseudonym(key))
    if block is None:
        raise Refused(Reason.NOT_FOUND, "this is not on the block list")

    async with transaction():
        await audit.record(actor.audit_name, "unblocked", f"block:{block.id}", now, before=_audited(block))
        await block.delete()


async def list_all(sealing: SealingKeys, now: datetime) -> list[dict[str, object]]:
    """What is blocked at this moment, newest first."""
    blocks = await Block.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now)).order_by("-created_at", "-id")
    return [_shown(each, sealing) for each in blocks]


async def drop_expired(now: datetime) -> None:
    """Forget the blocks whose time is over."""
    await Block.filter(expires_at__lte=now).delete()


def _key(value: str) -> tuple[str, str]:
    text = value.strip().lower().removeprefix("@").removesuffix(".")
    if "@" in text and (address := canonical_email(text)):
        return "address", address
    if "@" not in text and len(text) <= 253 and _DOMAIN.fullmatch(text):
        return "domain", text
    raise InvalidFields({"value": ["must be an e-mail address or a domain"]})


def _check(new: NewBlock, key: str, profile: Profile) -> None:
    errors: dict[str, list[str]] = {}
    if any(key in keys_of(box.address) for box in profile.mailboxes):
        errors["value"] = ["must not be one of the desk's own"]
    if not new.reason.strip():
        errors["reason"] = ["must not be empty"]
    if new.lasts is not None and new.lasts <= timedelta(0):
        errors["days"] = ["must be positive"]
    if errors:
        raise InvalidFields(errors)


def _audited(block: Block) -> str:
    """A block in words of the audit; its reason is free text, which may name people."""
    return f"{block.kind} until={block.expires_at.isoformat() if block.expires_at else 'ever'}"


def _shown(block: Block, sealing: SealingKeys) -> dict[str, object]:
    return {
        "value": sealing.open(bytes(block.shown_sealed), _CONTEXT).decode(), "kind": block.kind,
        "reason": block.reason, "by": block.created_by, "at": block.created_at.isoformat(),
        "expires_at": block.expires_at.isoformat() if block.expires_at else None,
    }  # fmt: skip
