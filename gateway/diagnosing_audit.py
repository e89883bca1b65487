"""What the doctor says of the audit: are its rows sealed in time?"""

from datetime import timedelta

from core import audit_chain, clock
from core.database import open_database
from core.errors import Misconfigured
from core.settings import Settings

# The scheduler seals each second, so after a minute something is wrong.
SEALED_WITHIN = timedelta(minutes=1)


async def look_at_audit(settings: Settings) -> str:
    """How far the chain goes; raises `Misconfigured` where rows wait although this process should seal them."""
    now = clock.now()
    async with open_database(settings.database_url):
        waiting = await audit_chain.waiting_since(now - SEALED_WITHIN)
        end = await audit_chain.head()
    told = f"{end['seq'] if end else 0} rows sealed"
    if not waiting:
        return told
    told = f"{waiting} rows wait to be sealed"
    if _seals(settings):
        raise Misconfigured([f"{told} though a scheduler runs: look for audit_chain_broken in its log"])
    return f"{told} until a process with the role scheduler runs"


def _seals(settings: Settings) -> bool:
    """Whether a process of this data directory is at work, the scheduler among its roles."""
    return "scheduler" in settings.roles and (settings.data_dir / "ready.json").exists()
