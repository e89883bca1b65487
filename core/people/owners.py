"""Agents and persons alike as the owner of an account."""

from core.database import query
from core.people.tables import Agent, Person

Owner = Agent | Person


def column_of(owner: Owner) -> str:
    """The column that names him in a table of both."""
    return "agent_id" if isinstance(owner, Agent) else "person_id"


def name_of(owner: Owner) -> str:
    """How audit rows and counts name him: by id, never by address."""
    return f"{'agent' if isinstance(owner, Agent) else 'person'}:{owner.id}"


async def lock(owner: Owner) -> None:
    """Let nobody else change this account's links, password or factor until the transaction ends."""
    table = "agent" if isinstance(owner, Agent) else "person"
    await query(f'UPDATE "{table}" SET "name" = "name" WHERE "id" = $1', [owner.id])
