"""Asking for a new password: a link to who has the address, and nothing else to tell him from nobody."""

from datetime import datetime

from core.audit import record
from core.database import transaction
from core.deliveries import DeliveryRef
from core.keys import SigningKeys
from core.people.inviting import send_link
from core.people.owners import lock, name_of
from core.people.sessions import owner_of_address
from core.people.sign_in_links import LinkKind
from core.people.throttle import of_peer, take_try


async def ask_for_password(email: str, signing: SigningKeys, now: datetime, *, peer: str = "") -> list[DeliveryRef]:
    """Queue a letter to the owner of `email`; nothing for nobody, for who is blocked, and after three an hour.

    The caller says the same to everybody (W02). Raises `Refused(RATE_LIMITED)` after ten in five minutes
    from `peer`.
    """
    await take_try(of_peer(peer, "forgot"), now)
    owner = await owner_of_address(email)
    if owner is None or owner.blocked:
        return []

    async with transaction():
        await lock(owner)
        ref = await send_link(owner, LinkKind.RESET, signing, now)
        if ref is None:
            return []
        await record(name_of(owner), "password_link_asked", name_of(owner), now)
    return [ref]
