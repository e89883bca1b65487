"""Signed-in browsers: a random cookie, kept as its digest, dead when its owner is blocked."""

from datetime import datetime, timedelta
from typing import NamedTuple

from tortoise.queryset import QuerySet

from core.audit import record
from core.database import transaction
from core.people import passwords
from core.people.addresses import canonical_email
from core.people.owners import Owner, column_of, lock, name_of
from core.people.secret_texts import digest_of, new_secret
from core.people.tables import Agent, Identity, Session
from core.people.throttle import give_back, of_account, take_try

LIFETIME = timedelta(hours=12)
CODE_WITHIN = timedelta(minutes=10)


class SignedIn(NamedTuple):
    """What the browser is given: its cookie, and the token every one of its forms carries.

    While it `awaits_code` the cookie opens nothing but the page that asks for the code.
    """

    cookie: str
    csrf_token: str
    awaits_code: bool = False


async def sign_in(email: str, password: str, now: datetime, *, peer: str = "", place: str = "") -> SignedIn | None:
    """A new session, or None for a wrong address or password; both take equally long.

    Raises `Refused(RATE_LIMITED)` after ten wrong tries in five minutes for the account or `peer`, and
    after a hundred in thirty days for the account, which then a new password alone opens (W08).
    """
    owner = await owner_of_address(email)
    account = name_of(owner) if owner else canonical_email(email) or email
    places = await take_try(of_account(account, peer), now)

    password_hash = owner.password_hash if owner and not owner.blocked else None
    if not await passwords.matches(password_hash, password) or owner is None:
        return None

    async with transaction():
        await lock(owner)
        await owner.refresh_from_db()
        # Changed or blocked while the hash was reckoned: the old password opens nothing any more (W06).
        if owner.password_hash != password_hash or owner.blocked:
            return None
        await give_back(places, now)
        return await open_session(owner, now, place)


async def owner_of_address(email: str) -> Owner | None:
    """The agent of that address, or the person one of whose addresses it is."""
    key = canonical_email(email)
    if key is None:
        return None
    agent = await Agent.get_or_none(email=key)
    if agent is not None:
        return agent
    identity = await Identity.get_or_none(kind="email", key=key).select_related("person")
    return identity.person if identity else None


async def begin_anew(owner: Owner, now: datetime, place: str = "", *, has_shown_code: bool = False) -> SignedIn:
    """A session for whom a change of his own has just signed out everywhere, in a transaction of its own."""
    async with transaction():
        await lock(owner)
        return await open_session(owner, now, place, has_shown_code=has_shown_code)


async def open_session(
    owner: Owner, now: datetime, place: str = "", *, has_shown_code: bool = False
) -> SignedIn:
    """A session of somebody who has proven himself, under an id nobody knew before (W05).

    Whoever has a second factor still owes its code unless he `has_shown_code`. `place` is a keyed hash
    of where the browser is. Part of the caller's transaction.
    """
    awaits_code = owner.totp_sealed is not None and not has_shown_code
    signed_in = SignedIn(new_secret(), new_secret(), awaits_code)
    session = Session(
        digest=digest_of(signed_in.cookie),
        csrf_token=signed_in.csrf_token,
        awaits_code=awaits_code,
        place_hash=place,
        created_at=now,
        expires_at=now + (CODE_WITHIN if awaits_code else LIFETIME),
    )
    setattr(session, column_of(owner), owner.id)
    await session.save()
    await record(name_of(owner), "password_shown" if awaits_code else "signed_in", f"session:{session.id}", now)
    return signed_in


async def session_for(cookie: str, now: datetime) -> Session | None:
    """The session with its agent or person; None when unknown, expired, owing a code, or its owner is blocked."""
    return await _session(cookie, now, awaits_code=False)


async def pending_for(cookie: str, now: datetime) -> Session | None:
    """The session that owes its second factor's code yet, with its agent or person."""
    return await _session(cookie, now, awaits_code=True)


async def _session(cookie: str, now: datetime, *, awaits_code: bool) -> Session | None:
    session = (
        await Session.filter(digest=digest_of(cookie), expires_at__gt=now, awaits_code=awaits_code)
        .select_related("agent", "person")
        .first()
    )
    owner = owner_of(session) if session else None
    return session if owner is not None and not owner.blocked else None


def owner_of(session: Session) -> Owner | None:
    """Whose session it is; it was found with its agent or person."""
    return session.agent or session.person


def alive(owner: Owner, now: datetime) -> QuerySet[Session]:
    """Somebody's sessions that open something, newest first."""
    mine = Session.filter(**{column_of(owner): owner.id})
    return mine.filter(awaits_code=False, expires_at__gt=now).order_by("-created_at", "-id")


async def end(owner: Owner, session_id: int, now: datetime) -> bool:
    """End one session of somebody's own; whether there was one."""
    async with transaction():
        ended = await Session.filter(id=session_id, **{column_of(owner): owner.id}).delete()
        if ended:
            await record(name_of(owner), "session_ended", f"session:{session_id}", now)
    return bool(ended)


async def sign_out(cookie: str) -> None:
    """End the session; again is harmless."""
    await Session.filter(digest=digest_of(cookie)).delete()


async def sign_out_everywhere(owner: Owner) -> None:
    """End every session of somebody."""
    await Session.filter(**{column_of(owner): owner.id}).delete()
