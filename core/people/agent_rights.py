"""What an agent may do in sectors beside his own: read, note or work (POL07)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.audit import record
from core.database import query, transaction
from core.errors import InvalidFields
from core.people.actor import Actor
from core.people.lookup import agent_by_email
from core.people.tables import Agent
from core.profile import Profile

MAX_TEXT = 500


class Level(StrEnum):
    """Only to read; also to keep internal notes; or everything one may do in one's own sector."""

    READ = "read"
    NOTE = "note"
    WORK = "work"


@dataclass(frozen=True, slots=True)
class AgentRights:
    """What is to hold for an agent from now on: a level for each sector named, or "" for none."""

    email: str
    also: Mapping[str, str]


def rights_of(text: str) -> dict[str, str]:
    """The levels by sector that a row keeps."""
    return dict(each.split(":", 1) for each in text.split())


async def set_rights(rights: AgentRights, profile: Profile, actor: Actor, now: datetime) -> Agent:
    """Change the levels of the sectors named; others stay. In force with the agent's next request.

    Raises `InvalidFields` for an unknown agent, sector or level, and for the agent's own sector.
    """
    agent = await agent_by_email(rights.email)
    _check(rights, agent, profile)

    async with transaction():
        # A write first, and the row is ours: two that change different sectors lose nothing.
        rows = await query('UPDATE "agent" SET "also" = "also" WHERE "id" = $1 RETURNING "also"', [agent.id])
        before = str(rows[0]["also"])
        agent.also = _spelled({**rights_of(before), **rights.also})
        if len(agent.also) > MAX_TEXT:
            raise InvalidFields({"sector": ["there are too many"]})
        if agent.also != before:
            await Agent.filter(id=agent.id).update(also=agent.also)
            await record(
                actor.audit_name, "agent_rights_changed", f"agent:{agent.id}", now, before=before, after=agent.also
            )
    return agent


def _spelled(also: Mapping[str, str]) -> str:
    return " ".join(f"{sector}:{level}" for sector, level in sorted(also.items()) if level)


def _check(rights: AgentRights, agent: Agent, profile: Profile) -> None:
    for sector, level in rights.also.items():
        if not level:
            continue  # what a profile no longer has may still be taken away
        if level not in list(Level):
            raise InvalidFields({"level": [f"must be one of {', '.join(Level)}"]})
        if not profile.has_sector(sector):
            raise InvalidFields({"sector": ["no such sector"]})
        if sector == agent.sector:
            raise InvalidFields({"sector": ["in their own sector agents may do everything"]})
