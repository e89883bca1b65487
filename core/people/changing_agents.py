"""Changing what an agent is: his role and sector, and whether he is let in at all."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from core.audit import record
from core.database import query, transaction
from core.decision import Reason
from core.errors import Refused
from core.people.actor import Actor
from core.people.administering import require_desk_admin
from core.people.agents import NewAgent, require_sense
from core.people.owners import lock
from core.people.sessions import sign_out_everywhere
from core.people.sign_in_links import end_all
from core.people.tables import Agent
from core.profile import Profile

ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Post:
    """What an agent is at the desk."""

    role: str
    sector: str = ""


async def assign(agent: Agent, post: Post, profile: Profile, actor: Actor, *, now: datetime) -> Agent:
    """Give the agent another role or sector; his sessions end (W06).

    Raises `InvalidFields`, or `Refused`: `NOT_AUTHORIZED`, `LAST_ADMINISTRATOR` of the desk.
    """
    require_desk_admin(actor)
    require_sense(NewAgent(agent.email, post.sector, role=post.role), profile)

    async def change() -> None:
        if post.role != ADMIN:
            await _require_another_admin(agent)
        agent.role, agent.sector = post.role, post.sector

    return await _change(agent, change, "agent_assigned", actor, now=now)


async def block(agent: Agent, actor: Actor, now: datetime) -> Agent:
    """Shut an agent out everywhere, sessions and tokens included; what he wrote stays (W22).

    Raises `Refused`: `NOT_AUTHORIZED`, `LAST_ADMINISTRATOR` of the desk.
    """
    require_desk_admin(actor)

    async def change() -> None:
        await _require_another_admin(agent)
        agent.blocked = True

    return await _change(agent, change, "agent_blocked", actor, now=now)


async def unblock(agent: Agent, actor: Actor, now: datetime) -> Agent:
    """Let a blocked agent in again, with the role he had."""
    require_desk_admin(actor)

    async def change() -> None:
        agent.blocked = False

    return await _change(agent, change, "agent_unblocked", actor, now=now)


async def _change(
    agent: Agent, change: Callable[[], Awaitable[None]], action: str, actor: Actor, *, now: datetime
) -> Agent:
    async with transaction():
        # All admins in one statement, in one order: of two that take each other away, the second one waits.
        await query('UPDATE "agent" SET "name" = "name" WHERE "role" = $1', [ADMIN])
        await lock(agent)
        await agent.refresh_from_db()
        before = audited(agent)
        await change()
        after = audited(agent)

        if after == before:
            return agent
        await agent.save(update_fields=["role", "sector", "blocked"])
        await record(actor.audit_name, action, f"agent:{agent.id}", now, before=before, after=after)
        if action != "agent_unblocked":
            await sign_out_everywhere(agent)
        if agent.blocked:
            # What was sent to him before must not let him in when the block is lifted.
            await end_all(agent, now)
    return agent


def audited(agent: Agent) -> str:
    """What he is, in words of ours."""
    return f"role={agent.role} sector={agent.sector or 'none'} blocked={'yes' if agent.blocked else 'no'}"


async def _require_another_admin(agent: Agent) -> None:
    if agent.role != ADMIN or agent.blocked:
        return
    if not await Agent.filter(role=ADMIN, blocked=False).exclude(id=agent.id).exists():
        raise Refused(Reason.LAST_ADMINISTRATOR, "the desk keeps one admin")
