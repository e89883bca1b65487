"""The demo cast of `instituicoes` in the open database, without its slow passwords."""

from datetime import UTC, datetime

from core.people import agents, demo_cast, organizations, persons
from core.people.actor import SYSTEM
from core.people.agents import NewAgent
from core.people.organizations import NewOrganization
from core.people.persons import NewPerson
from core.profile import Profile
from core.profile_loading import load_profile

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PROFILE = load_profile("instituicoes")


async def load_cast(profile: Profile = PROFILE) -> None:
    """Everybody of the cast."""
    cast = demo_cast.read_cast(profile)
    for agent in cast.agents:
        await agents.add(NewAgent(agent.email, agent.sector, agent.name, agent.role), profile, SYSTEM, NOW)
    for each in cast.organizations:
        new = NewOrganization(each.name, each.domains, board_mailbox=each.board_mailbox)
        await organizations.add(new, SYSTEM, NOW)
        for user in each.users:
            person = NewPerson(user.email, each.name, user.name, user.phone, user.role)
            await persons.add(person, profile, SYSTEM, NOW)
