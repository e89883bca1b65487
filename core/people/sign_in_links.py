"""One-time links that let an agent in without a password, as `guiche setup --admin` prints them."""

from datetime import datetime, timedelta

from core.audit import record
from core.people.actors import actor_of
from core.people.secret_texts import digest_of, new_secret
from core.people.sessions import SignedIn, open_session
from core.people.tables import Agent, SignInLink

LIFETIME = timedelta(minutes=60)


async def issue(agent: Agent, now: datetime) -> str:
    """The secret part of a link that serves once within an hour."""
    secret = new_secret()
    await SignInLink.create(digest=digest_of(secret), agent=agent, expires_at=now + LIFETIME)
    return secret


async def is_open(secret: str, now: datetime) -> bool:
    """Whether the link would still let somebody in; asking does not use it up."""
    return await SignInLink.exists(digest=digest_of(secret), used_at=None, expires_at__gt=now)


async def redeem(secret: str, now: datetime) -> SignedIn | None:
    """Use the link up: a session of its agent, or None when it is spent, expired or unknown."""
    digest = digest_of(secret)
    # One conditional update decides between two that follow the link at once.
    if not await SignInLink.filter(digest=digest, used_at=None, expires_at__gt=now).update(used_at=now):
        return None
    link = await SignInLink.get(digest=digest).select_related("agent", "person")
    owner = link.agent or link.person
    if owner is None or owner.blocked:
        return None

    await record(actor_of(owner).audit_name, "sign_in_link_used", f"link:{link.id}", now)
    return await open_session(owner, now)
