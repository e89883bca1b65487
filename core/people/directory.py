"""Who stands behind an address, a telephone or a chat: looked up through a small, short-lived cache."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import asyncpg
from tortoise.exceptions import BaseORMException

from core.database import AWAY_ERRORS, query
from core.errors import Unavailable
from core.message import Speaker, SpeakerKind
from core.people.overrides import overrides_of
from core.people.scopes import scopes_of
from core.profile import MailboxPurpose, Profile

MAX_KEYS = 10_000
# A database that hangs is as far away as one that is down: the sender should hear 451 in time.
PATIENCE_SECONDS = 5.0
UNKNOWN = Speaker(kind=SpeakerKind.UNKNOWN)
# A look-up cannot be wrong in itself, so whatever the database answers instead of rows is its trouble.
_AWAY = (BaseORMException, asyncpg.PostgresError, *AWAY_ERRORS)

_PERSON = (
    "SELECT 2 AS rank, 'person' AS kind, p.id, p.name, p.email, p.organization_id, p.role, '' AS sector,"
    " p.may_speak, p.blocked, p.administers, p.scopes, o.overrides FROM identity i"
    " JOIN person p ON p.id = i.person_id JOIN organization o ON o.id = p.organization_id"
    " WHERE i.kind = $1 AND i.key = $2"
)
_EMPLOYEE_AND_BOARD = (
    "SELECT 1 AS rank, 'agent' AS kind, a.id, a.name, a.email, CAST(NULL AS INTEGER) AS organization_id,"
    " a.role, a.sector, FALSE AS may_speak, a.blocked, FALSE, '', '' FROM agent a WHERE a.email = $2"
    " UNION ALL "
    "SELECT 3, 'board', o.id, o.name, o.board_mailbox, o.id, '', '', FALSE, FALSE, FALSE, '', o.overrides"
    " FROM organization o"
    " WHERE o.board_mailbox = $2"
)
# Whoever is not registered may still write from a domain that an organization has named as its own.
_COLLEAGUE = (
    "SELECT 4, 'unknown', 0, '', '', d.organization_id, '', '', FALSE, FALSE, FALSE, '', ''"
    " FROM organization_domain d WHERE d.domain = $3"
)


@dataclass(frozen=True, slots=True)
class Found:
    """Whom the directory found; `is_stale` says the database was away and an old answer served."""

    speaker: Speaker
    is_stale: bool = False


@dataclass(frozen=True, slots=True)
class _Kept:
    speaker: Speaker
    at: datetime


@dataclass(slots=True)
class _Asking:
    """A query under way; whoever wants the same key meanwhile waits for its outcome."""

    done: asyncio.Event = field(default_factory=asyncio.Event)
    outcome: Found | Unavailable | None = None


class Directory:
    """Finds speakers by canonical key; each look-up is at most `fresh` old while the database answers.

    While it does not, answers up to `stale` old serve and say so; without one, `Unavailable`.
    """

    def __init__(
        self,
        profile: Profile,
        *,
        fresh: timedelta = timedelta(seconds=2),
        stale: timedelta = timedelta(minutes=15),
    ) -> None:
        self._knows_boards = any(box.purpose is MailboxPurpose.ADMINISTRATORS for box in profile.mailboxes)
        self._knows_domains = profile.access.hold_colleagues
        self._fresh = fresh
        self._stale = stale
        self._kept: dict[tuple[str, str], _Kept] = {}
        self._asking: dict[tuple[str, str], _Asking] = {}

    async def by_email(self, key: str, now: datetime) -> Found:
        """Who writes from a canonical address: an agent before a person before a board's mailbox.

        Where the profile holds colleagues, an unknown one comes with the organization of his domain.
        """
        return await self._find("email", key, now)

    async def by_phone(self, key: str, now: datetime) -> Found:
        """Whose telephone this canonical number is."""
        return await self._find("phone", key, now)

    async def by_telegram(self, key: str, now: datetime) -> Found:
        """Who linked the chat `{bot}:{chat_id}`."""
        return await self._find("telegram", key, now)

    def forget(self) -> None:
        """Drop every answer kept."""
        self._kept.clear()

    async def _find(self, kind: str, key: str, now: datetime) -> Found:
        name = (kind, key)
        while True:
            kept = self._kept.get(name)
            if kept is not None and now - kept.at < self._fresh:
                return Found(kept.speaker)
            asking = self._asking.get(name)
            if asking is None:
                return await self._ask(name, now)
            await asking.done.wait()
            if isinstance(asking.outcome, Found):
                return asking.outcome
            if asking.outcome is not None:
                raise Unavailable("the directory cannot be read")
            # Who asked was cancelled: one of those who waited asks instead.

    async def _ask(self, name: tuple[str, str], now: datetime) -> Found:
        asking = self._asking[name] = _Asking()
        try:
            asking.outcome = await self._load_or_remember(name, now)
        finally:
            del self._asking[name]
            asking.done.set()
        if isinstance(asking.outcome, Unavailable):
            raise asking.outcome
        return asking.outcome

    async def _load_or_remember(self, name: tuple[str, str], now: datetime) -> Found | Unavailable:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                speaker = await self._load(*name)
        except _AWAY:
            kept = self._kept.get(name)
            if kept is not None and now - kept.at < self._stale:
                return Found(kept.speaker, is_stale=True)
            return Unavailable("the directory cannot be read")
        self._keep(name, _Kept(speaker, now))
        return Found(speaker)

    async def _load(self, kind: str, key: str) -> Speaker:
        sql, values = _PERSON, [kind, key]
        if kind == "email":
            sql = f"{_PERSON} UNION ALL {_EMPLOYEE_AND_BOARD}"
            if self._knows_domains:
                sql, values = f"{sql} UNION ALL {_COLLEAGUE}", [kind, key, key.rpartition("@")[2]]
        rows = await query(sql, values)
        known = [row for row in rows if row["kind"] != "board" or self._knows_boards]
        return _speaker(min(known, key=lambda row: int(row["rank"]))) if known else UNKNOWN

    def _keep(self, name: tuple[str, str], kept: _Kept) -> None:
        self._kept.pop(name, None)
        if len(self._kept) >= MAX_KEYS:
            # The first key is the one asked for longest ago.
            del self._kept[next(iter(self._kept))]
        self._kept[name] = kept


def _speaker(row: dict[str, Any]) -> Speaker:
    return Speaker(
        kind=SpeakerKind(row["kind"]),
        id=row["id"],
        name=row["name"],
        email=row["email"],
        organization_id=row["organization_id"],
        role=row["role"],
        sector=row["sector"],
        may_speak=bool(row["may_speak"]),
        blocked=bool(row["blocked"]),
        administers=bool(row["administers"]),
        scopes=scopes_of(row["scopes"]),
        overrides=overrides_of(row["overrides"]),
    )
