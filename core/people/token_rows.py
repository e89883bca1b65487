"""Tokens as whoever runs the desk sees them, and the end of one: everything can be taken back (W06)."""

from datetime import datetime
from typing import Any

from core.audit import record
from core.database import transaction
from core.decision import Reason
from core.errors import Refused
from core.people.actor import Actor
from core.people.administering import require_desk_admin
from core.people.tables import AccessToken


async def token_rows() -> list[dict[str, Any]]:
    """Every token that was not revoked, oldest first: `id, kind, of` (an address, or a form), `created_at`.

    Nothing of its secret is among it: that was told once.
    """
    found = await AccessToken.filter(revoked_at=None).order_by("id").select_related("agent", "person")
    return [
        {"id": each.id, "kind": each.kind, "of": _of(each), "created_at": each.created_at.isoformat()}
        for each in found
    ]


def _of(token: AccessToken) -> str | None:
    owner = token.agent or token.person
    return owner.email if owner is not None else token.form


async def revoke_token(token_id: int, actor: Actor, now: datetime) -> None:
    """End a token, from the next request on; its owner keeps what else he has.

    Raises `Refused`: `NOT_AUTHORIZED` unless the desk's admin asks, `NOT_FOUND` for one that opens nothing.
    """
    require_desk_admin(actor)

    async with transaction():
        if not await AccessToken.filter(id=token_id, revoked_at=None).update(revoked_at=now):
            raise Refused(Reason.NOT_FOUND)

        await record(actor.audit_name, "token_revoked", f"token:{token_id}", now, before="valid", after="revoked")
