"""One-time links: they let an agent in, as `guiche setup --admin` prints them, or somebody choose a password."""

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum

from tortoise.queryset import QuerySet

from core.audit import record
from core.database import transaction
from core.people.owners import Owner, column_of, lock, name_of
from core.people.secret_texts import digest_of, new_secret
from core.people.sessions import SignedIn, open_session
from core.people.tables import Agent, SignInLink

LIFETIME = timedelta(minutes=60)


class LinkKind(StrEnum):
    """What a link is for: to sign in, to begin with a first password, or to choose a new one."""

    SIGN_IN = "sign_in"
    INVITATION = "invitation"
    RESET = "reset"


# Their pages ask for a password; a link to sign in does not.
FOR_A_PASSWORD = (LinkKind.INVITATION, LinkKind.RESET)


async def issue(agent: Agent, now: datetime) -> str:
    """The secret part of a link that lets the agent in once within an hour; an earlier one ends."""
    secret = new_secret()
    async with transaction():
        await lock(agent)
        await put(agent, LinkKind.SIGN_IN, secret, now)
    return secret


async def put(owner: Owner, kind: LinkKind, secret: str, now: datetime) -> SignInLink:
    """Keep a link of `secret`, in the caller's transaction; of `kind` it is his only one from now on. Lock first."""
    await _links(owner).filter(kind=kind.value, used_at=None).update(used_at=now)
    link = SignInLink(digest=digest_of(secret), kind=kind.value, expires_at=now + LIFETIME)
    setattr(link, column_of(owner), owner.id)
    await link.save()
    return link


async def sent_lately(owner: Owner, now: datetime) -> int:
    """How many links for a password were made for him within the last hour, used ones included."""
    return await _links(owner).filter(kind__in=list(FOR_A_PASSWORD), expires_at__gt=now).count()


async def end_all(owner: Owner, now: datetime) -> None:
    """No link of his, of whatever kind, opens anything any more (W03)."""
    await _links(owner).filter(used_at=None).update(used_at=now)


async def is_open(secret: str, now: datetime) -> bool:
    """Whether the link would still let an agent in; asking does not use it up."""
    return await owner_of(secret, (LinkKind.SIGN_IN,), now) is not None


async def owner_of(secret: str, kinds: Collection[LinkKind], now: datetime) -> Owner | None:
    """Whose open link of one of `kinds` this is; asking does not use it up."""
    link = await _open(secret, kinds, now).select_related("agent", "person").first()
    owner = (link.agent or link.person) if link else None
    return owner if owner is not None and not owner.blocked else None


async def redeem(secret: str, now: datetime, place: str = "") -> SignedIn | None:
    """Use the link up: a session of its agent, or None when it is spent, expired or unknown."""
    async with transaction():
        owner = await use_up(secret, (LinkKind.SIGN_IN,), now)
        return await open_session(owner, now, place) if owner is not None else None


async def use_up(secret: str, kinds: Collection[LinkKind], now: datetime) -> Owner | None:
    """Whose link it was, used up in the caller's transaction; None when it opens nothing."""
    # One conditional update decides between two that follow the link at once.
    if not await _open(secret, kinds, now).update(used_at=now):
        return None
    link = await SignInLink.get(digest=digest_of(secret)).select_related("agent", "person")
    owner = link.agent or link.person
    if owner is None or owner.blocked:
        return None

    await record(name_of(owner), f"{link.kind}_link_used", f"link:{link.id}", now)
    return owner


def _open(secret: str, kinds: Collection[LinkKind], now: datetime) -> QuerySet[SignInLink]:
    asked = [kind.value for kind in kinds]
    return SignInLink.filter(digest=digest_of(secret), kind__in=asked, used_at=None, expires_at__gt=now)


def _links(owner: Owner) -> QuerySet[SignInLink]:
    return SignInLink.filter(**{column_of(owner): owner.id})
