"""What a command needs at hand: settings, profile, an open database, sometimes the queue."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import typer

from core import clock
from core.people.actor import SYSTEM, Actor
from core.profile import Profile
from core.profile_loading import load_profile
from core.queues import Queue
from core.settings import Settings, load_settings

if TYPE_CHECKING:
    from core.tickets.office import Office

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class AtHand:
    """One command's installation. Whoever may run the command acts as the system."""

    settings: Settings
    profile: Profile
    now: datetime
    actor: Actor = SYSTEM


def settings_of(context: typer.Context, *, demo: bool = False, roles: str | None = None) -> Settings:
    """The settings, from the file that `--config` names; raises `Misconfigured`."""
    config: Path | None = context.find_root().obj
    return load_settings(config=config, demo=demo, roles=roles)


def asked(
    context: typer.Context, verb: Callable[[AtHand], Awaitable[T]], settings: Settings | None = None
) -> T:
    """What `verb` gives over the open, migrated database."""
    settings = settings or settings_of(context)
    hush(settings)
    at = AtHand(settings, load_profile(settings.profile), clock.now())
    return asyncio.run(_over_database(at, verb))


def hush(settings: Settings) -> None:
    """Keep the journal off standard output, and to errors: a command says one clear line itself."""
    from gateway.journal import open_journal

    open_journal(settings.log_format)
    for name in (None, "core", "gateway", "webhooks"):
        logging.getLogger(name).setLevel(logging.ERROR)


async def _over_database(at: AtHand, verb: Callable[[AtHand], Awaitable[T]]) -> T:
    from core.database import open_database, require_migrated, telling_away

    async with telling_away(), open_database(at.settings.database_url):
        await require_migrated()
        return await verb(at)


def office_of(at: AtHand) -> "Office":
    """The office of this installation."""
    from core.attachments import open_blobs
    from core.keys import SealingKeys, SigningKeys
    from core.tickets.office import Office

    settings = at.settings
    return Office(
        profile=at.profile,
        signing=SigningKeys(settings.secret_key),
        sealing=SealingKeys(settings.data_keys),
        blobs=open_blobs(settings.blobs_url, settings.data_dir),
    )


@asynccontextmanager
async def queue_of(at: AtHand) -> AsyncIterator[Queue]:
    """The installation's queue, opened beside the processes that serve."""
    from core.keys import SealingKeys
    from gateway.brokers import open_queue

    async with open_queue(at.settings, SealingKeys(at.settings.data_keys)) as queue:
        yield queue
