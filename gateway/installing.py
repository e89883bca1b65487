"""Preparing an installation: schema, profile, demo cast; again is harmless."""

from core import clock, profiles_applied
from core.database import AWAY_ERRORS, migrate_database, open_database, require_migrated
from core.errors import Misconfigured
from core.migrating import migration_turn
from core.people import agents, demo_cast, sign_in_links
from core.people.actor import SYSTEM
from core.people.addresses import canonical_email
from core.people.agents import NewAgent
from core.people.tables import Agent
from core.profile import Profile
from core.profile_loading import profile_path
from core.settings import Settings


async def install(settings: Settings, profile: Profile, *, with_cast: bool = False) -> None:
    """Bring the schema up to date, apply the profile, and load the demo cast when asked.

    Raises `Misconfigured` when the database does not answer or is of a newer release.
    """
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    url = settings.database_url
    try:
        if not await _is_migrated(url):
            await migrate_database(url)
        async with migration_turn(url), open_database(url):
            await require_migrated()
            await _furnish(settings, profile, with_cast=with_cast)
    except AWAY_ERRORS as error:
        raise Misconfigured(["GUICHE_DATABASE_URL: the database does not answer"]) from error


async def _is_migrated(url: str) -> bool:
    async with open_database(url):
        try:
            await require_migrated()
        except Misconfigured:
            return False
    return True


async def _furnish(settings: Settings, profile: Profile, *, with_cast: bool) -> None:
    now = clock.now()
    text = profile_path(settings.profile).read_text("utf-8")
    await profiles_applied.apply(profile.name, text, SYSTEM.audit_name, now)
    if with_cast:
        await demo_cast.load(profile, now)


async def admin_link(settings: Settings, profile: Profile, email: str) -> str:
    """The path of a one-time sign-in page for the admin agent `email`, made when missing.

    Raises `InvalidFields` when somebody else has the address.
    """
    now = clock.now()
    async with open_database(settings.database_url):
        agent = await Agent.get_or_none(email=canonical_email(email) or "")
        if agent is None or agent.role != "admin":
            agent = await agents.add(NewAgent(email, role="admin"), profile, SYSTEM, now)
        return f"/login/{await sign_in_links.issue(agent, now)}"
