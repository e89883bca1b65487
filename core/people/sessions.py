"""Signed-in browsers: a random cookie, kept as its digest, dead when its owner is blocked."""

from datetime import datetime, timedelta
from typing import NamedTuple

from core.audit import record
from core.people import passwords
from core.people.addresses import canonical_email
from core.people.secret_texts import digest_of, new_secret
from core.people.tables import Agent, Identity, Person, Session
from core.people.throttle import give_back, take_try

LIFETIME = timedelta(hours=12)


class SignedIn(NamedTuple):
    """What the browser is given: its cookie, and the token every one of its forms carries."""

    cookie: str
    csrf_token: str


async def sign_in(email: str, password: str, now: datetime, *, peer: str = "") -> SignedIn | None:
    """A new session, or None for a wrong address or password; both take equally long.

    Raises `Refused(RATE_LIMITED)` after ten wrong tries in five minutes for the account or `peer`.
    """
    key = canonical_email(email)
    places = await take_try(_counted(key or email, peer), now)

    owner = await _owner(key) if key else None
    password_hash = owner.password_hash if owner and not owner.blocked else None
    if not await passwords.matches(password_hash, password) or owner is None:
        return None

    await give_back(places, now)
    return await open_session(owner, now)


def _counted(account: str, peer: str) -> list[str]:
    # From the machine itself a proxy speaks for everybody: one guesser must not lock all others out.
    is_proxy = peer in ("127.0.0.1", "::1", "::ffff:127.0.0.1")
    return [f"account {account}"] if is_proxy or not peer else [f"account {account}", f"peer {peer}"]


async def _owner(key: str) -> Agent | Person | None:
    agent = await Agent.get_or_none(email=key)
    if agent is not None:
        return agent
    identity = await Identity.get_or_none(kind="email", key=key).select_related("person")
    return identity.person if identity else None


async def open_session(owner: Agent | Person, now: datetime) -> SignedIn:
    """A session of somebody who has proven himself, under an id nobody knew before."""
    signed_in = SignedIn(new_secret(), new_secret())
    session = Session(
        digest=digest_of(signed_in.cookie),
        csrf_token=signed_in.csrf_token,
        created_at=now,
        expires_at=now + LIFETIME,
    )
    kind = "agent" if isinstance(owner, Agent) else "person"
    setattr(session, f"{kind}_id", owner.id)
    await session.save()
    await record(f"{kind}:{owner.id}", "signed_in", f"session:{session.id}", now)
    return signed_in


async def session_for(cookie: str, now: datetime) -> Session | None:
    """The session with its agent or person; None when unknown, expired, or its owner is blocked."""
    session = (
        await Session.filter(digest=digest_of(cookie), expires_at__gt=now)
        .select_related("agent", "person")
        .first()
    )
    owner = (session.agent or session.person) if session else None
    return session if owner is not None and not owner.blocked else None


async def sign_out(cookie: str) -> None:
    """End the session; again is harmless."""
    await Session.filter(digest=digest_of(cookie)).delete()


async def sign_out_everywhere(owner: Agent | Person) -> None:
    """End every session of somebody."""
    name = "agent_id" if isinstance(owner, Agent) else "person_id"
    await Session.filter(**{name: owner.id}).delete()
