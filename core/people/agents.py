"""Agents: adding one to a sector, and showing them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tortoise.exceptions import IntegrityError

from core.audit import record
from core.database import transaction
from core.errors import InvalidFields
from core.people.actor import Actor
from core.people.agent_rights import rights_of
from core.people.lookup import canonical, require_free_address, require_not_ours
from core.people.tables import Agent
from core.profile import Profile

MAX_NAME = 200
ROLES = ("agent", "lead", "direction", "admin")
# They read every ticket and need no sector of their own.
WITHOUT_SECTOR = ("direction", "admin")


@dataclass(frozen=True, slots=True)
class NewAgent:
    """What is said of an agent when he comes."""

    email: str
    sector: str = ""
    name: str = ""
    role: str = "agent"


async def add(new: NewAgent, profile: Profile, actor: Actor, now: datetime) -> Agent:
    """Add an agent; raises `InvalidFields` for an address, a role or a sector that does not fit."""
    email = canonical(new.email)
    name = (new.name.strip() or email.partition("@")[0])[:MAX_NAME]
    if not name.isprintable():
        raise InvalidFields({"name": ["must have between 1 and 200 characters"]})
    require_sense(new, profile)
    require_not_ours(email, profile)
    await require_free_address(email)

    try:
        async with transaction():
            agent = await Agent.create(
                email=email, name=name, sector=new.sector, role=new.role, created_at=now,
            )  # fmt: skip
            after = f"sector={agent.sector} role={agent.role}"
            await record(actor.audit_name, "agent_added", f"agent:{agent.id}", now, new.role, after=after)
    except IntegrityError as error:
        raise InvalidFields({"email": ["somebody already has this address"]}) from error
    return agent


def require_sense(new: NewAgent, profile: Profile) -> None:
    """Raise `InvalidFields` for a role there is not, or a sector that does not fit it."""
    errors: dict[str, list[str]] = {}
    if new.role not in ROLES:
        errors["role"] = [f"must be one of {', '.join(ROLES)}"]
    if not profile.has_sector(new.sector) and (new.sector or new.role not in WITHOUT_SECTOR):
        sectors = ", ".join(sector.slug for sector in profile.sectors)
        errors["sector"] = [f"the profile has only the sectors {sectors}"]
    if errors:
        raise InvalidFields(errors)


async def list_all() -> list[dict[str, Any]]:
    """All agents as JSON, by address."""
    return [row(agent) for agent in await Agent.all().order_by("email")]


def row(agent: Agent) -> dict[str, Any]:
    """The agent as INTERFACES.md shows him."""
    return {
        "id": agent.id,
        "email": agent.email,
        "name": agent.name,
        "sector": agent.sector,
        "role": agent.role,
        "also": rights_of(agent.also),
        "blocked": agent.blocked,
    }
