"""The demo cast of a profile: who can be played with, loaded from `<profile>.demo.toml`."""

import asyncio
import tomllib
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from core.errors import Misconfigured
from core.people import agents, organizations, passwords, persons
from core.people.actor import SYSTEM
from core.people.addresses import canonical_email
from core.people.agents import NewAgent
from core.people.organizations import NewOrganization
from core.people.persons import NewPerson
from core.people.tables import Agent, Identity, Organization, Person
from core.profile import Profile
from core.profile_loading import SHIPPED


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CastAgent(_Part):
    """An agent of the cast."""

    email: str
    name: str
    sector: str = ""
    role: str = "agent"


class CastUser(_Part):
    """A user of the cast."""

    email: str
    name: str
    role: str
    phone: str | None = None


class CastOrganization(_Part):
    """An organization of the cast with its users."""

    name: str
    domains: tuple[str, ...] = ()
    board_mailbox: str | None = None
    users: tuple[CastUser, ...] = ()


class Cast(_Part):
    """Everybody of the demo cast."""

    agents: tuple[CastAgent, ...] = ()
    organizations: tuple[CastOrganization, ...] = ()

    @property
    def emails(self) -> tuple[str, ...]:
        """All who sign in, agents first."""
        users = [user.email for organization in self.organizations for user in organization.users]
        return (*(agent.email for agent in self.agents), *users)


def read_cast(profile: Profile) -> Cast:
    """The shipped cast of the profile; raises `Misconfigured` when it has none or it is wrong."""
    path = SHIPPED / f"{profile.name}.demo.toml"
    return _parsed(path)


def _parsed(path: Path) -> Cast:
    try:
        return Cast.model_validate(tomllib.loads(path.read_text("utf-8")))
    except FileNotFoundError as error:
        raise Misconfigured([f"{path.name}: the profile ships no demo cast"]) from error
    except (ValidationError, tomllib.TOMLDecodeError) as error:
        raise Misconfigured([f"{path.name}: {error}"]) from error


def password_of(email: str) -> str:
    """The demo password: `demo-` and the part before the @."""
    return f"demo-{email.partition('@')[0]}"


async def load(profile: Profile, now: datetime) -> Cast:
    """Add whoever of the cast is missing; those who are there stay as they were left."""
    cast = read_cast(profile)

    for agent in cast.agents:
        if not await Agent.exists(email=canonical_email(agent.email)):
            new = NewAgent(agent.email, agent.sector, agent.name, agent.role)
            await agents.add(new, profile, SYSTEM, now)
    for organization in cast.organizations:
        await _load_organization(organization, profile, now)

    await _give_passwords(cast)
    return cast


async def _load_organization(cast: CastOrganization, profile: Profile, now: datetime) -> None:
    if not await Organization.exists(name=cast.name):
        new = NewOrganization(cast.name, cast.domains, board_mailbox=cast.board_mailbox)
        await organizations.add(new, SYSTEM, now)
    for user in cast.users:
        if not await Identity.exists(kind="email", key=canonical_email(user.email)):
            person = NewPerson(user.email, cast.name, user.name, user.phone, user.role)
            await persons.add(person, profile, SYSTEM, now)


async def _give_passwords(cast: Cast) -> None:
    """Hash for those without a password only: a hash takes long on purpose, a second start should not."""
    addresses = [canonical_email(email) or "" for email in cast.emails]
    rows: list[Agent | Person] = [
        *await Agent.filter(email__in=addresses, password_hash=None),
        *await Person.filter(email__in=addresses, password_hash=None),
    ]
    hashes = await asyncio.gather(*(passwords.hashed(password_of(row.email)) for row in rows))
    for row, password_hash in zip(rows, hashes, strict=True):
        row.password_hash = password_hash
        await row.save(update_fields=["password_hash"])
