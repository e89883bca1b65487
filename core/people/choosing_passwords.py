"""Choosing a password: under a link from one's own mail, or with the old one."""

from datetime import datetime

from core.audit import record
from core.database import transaction
from core.errors import InvalidFields
from core.people import passwords
from core.people.owners import Owner, lock, name_of
from core.people.sessions import SignedIn, open_session, sign_out_everywhere
from core.people.sign_in_links import FOR_A_PASSWORD, end_all, owner_of, use_up
from core.people.throttle import forgive, give_back, of_account, take_try

_NOT_YOURS = "this is not your password"


async def choose(secret: str, password: str, now: datetime, place: str = "") -> SignedIn | None:
    """Use an invitation or a reset link up: the new password, and a fresh session; None when it opens nothing.

    Every other session and link of his ends (W03, W06), and failed tries are forgotten (W08). Whoever has
    a second factor owes its code still. Raises `InvalidFields` for a password that does not fit; the link
    then stays good.
    """
    owner = await owner_of(secret, FOR_A_PASSWORD, now)
    if owner is None:
        return None
    passwords.require_fit(password, owner.email)
    password_hash = await passwords.hashed(password)

    async with transaction():
        # The account before its links, in the order of whoever sends another link: else both could wait for ever.
        await lock(owner)
        used_by = await use_up(secret, FOR_A_PASSWORD, now)
        if used_by is None:
            return None

        await _put(used_by, password_hash, now)
        await forgive(name_of(used_by), now)
        return await open_session(used_by, now, place)


async def change(owner: Owner, old: str, new: str, now: datetime, place: str = "") -> SignedIn:
    """Another password for who is signed in and shows the old one: a fresh session; every other one ends (W06).

    Raises `InvalidFields`, and `Refused(RATE_LIMITED)` as signing in does.
    """
    await require_password(owner, old, now)
    shown = owner.password_hash
    passwords.require_fit(new, owner.email)
    password_hash = await passwords.hashed(new)

    async with transaction():
        await lock(owner)
        await owner.refresh_from_db()
        # Changed while the new hash was reckoned: the old password proves nobody any more (W06).
        if owner.password_hash != shown:
            raise InvalidFields({"old": [_NOT_YOURS]})

        await _put(owner, password_hash, now)
        return await open_session(owner, now, place, has_shown_code=True)


async def require_password(owner: Owner, password: str, now: datetime, field: str = "old") -> None:
    """Raise `InvalidFields` unless it is his password; counted as signing in counts."""
    places = await take_try(of_account(name_of(owner)), now)
    if not await passwords.matches(owner.password_hash, password):
        raise InvalidFields({field: [_NOT_YOURS]})
    await give_back(places, now)


async def _put(owner: Owner, password_hash: str, now: datetime) -> None:
    owner.password_hash = password_hash
    await owner.save(update_fields=["password_hash"])
    await sign_out_everywhere(owner)
    await end_all(owner, now)
    await record(name_of(owner), "password_changed", name_of(owner), now)
