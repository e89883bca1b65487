"""Inviting somebody by mail: a link under which he chooses his first password."""

from datetime import datetime

from core.audit import record
from core.database import transaction
from core.decision import Reason
from core.deliveries import DeliveryKind, DeliveryRef
from core.errors import Refused
from core.ids import new_id
from core.keys import SigningKeys
from core.people.actor import Actor
from core.people.administering import require_desk_admin, require_manager
from core.people.notices import notify
from core.people.owners import Owner, lock, name_of
from core.people.secret_texts import one_time_secret
from core.people.sign_in_links import LinkKind, put, sent_lately
from core.people.tables import Person

LETTERS_AN_HOUR = 3

_LETTERS = {LinkKind.INVITATION: DeliveryKind.INVITATION, LinkKind.RESET: DeliveryKind.PASSWORD_LINK}


async def invite(owner: Owner, signing: SigningKeys, now: datetime, actor: Actor) -> DeliveryRef:
    """Queue a letter whose link serves once within an hour; an earlier invitation of his ends.

    Announce what it gives after the call. Raises `Refused`: `NOT_AUTHORIZED` or `NOT_FOUND` for who
    may not manage him, `INVALID_TRANSITION` while he is blocked, `RATE_LIMITED` for the fourth letter
    within an hour.
    """
    if isinstance(owner, Person):
        require_manager(actor, owner.organization_id)
    else:
        require_desk_admin(actor)

    async with transaction():
        await lock(owner)
        await owner.refresh_from_db()
        if owner.blocked:
            raise Refused(Reason.INVALID_TRANSITION, "who is blocked cannot be invited")

        ref = await send_link(owner, LinkKind.INVITATION, signing, now)
        if ref is None:
            raise Refused(Reason.RATE_LIMITED)
        await record(actor.audit_name, "invited", name_of(owner), now)
    return ref


async def send_link(
    owner: Owner, kind: LinkKind, signing: SigningKeys, now: datetime
) -> DeliveryRef | None:
    """A new link of `kind` and its letter, in the caller's transaction; None after three within an hour. Lock first."""
    if await sent_lately(owner, now) >= LETTERS_AN_HOUR:
        return None

    # What the link is known by in the letter's row is random: numbers are given again after a restore.
    name = str(new_id())
    await put(owner, kind, one_time_secret(name, signing), now)
    return await notify(_LETTERS[kind], owner, now, name)
