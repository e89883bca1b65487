"""`guiche serve`, `guiche demo`, `guiche setup`: preparing an installation and running it."""

import asyncio
import json
from typing import Annotated

import typer

from core.profile_loading import load_profile
from core.settings import Settings
from gateway.commands.at_hand import hush, settings_of
from gateway.commands.welcome import welcome

Roles = Annotated[
    str | None, typer.Option(help="Subset of smtp,imap,http,worker,dispatch,scheduler (default: all).")
]


def add_to(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command("serve")(serve)
    app.command("demo")(demo)
    app.command("setup")(setup)


def serve(context: typer.Context, roles: Roles = None) -> None:
    """Serve until Ctrl-C or SIGTERM."""
    from gateway import app

    app.serve(settings_of(context, roles=roles))


def demo(context: typer.Context, roles: Roles = None) -> None:
    """Prepare everything, load the demo cast, and serve on loopback until Ctrl-C or SIGTERM."""
    from core.people.demo_cast import read_cast
    from gateway import app
    from gateway.installing import install

    settings = settings_of(context, demo=True, roles=roles)
    profile = load_profile(settings.profile)
    cast = read_cast(profile)
    app.serve(
        settings,
        on_ready=lambda addresses: print(welcome(profile, cast, addresses), flush=True),
        prepare=lambda: install(settings, profile, with_cast=True),
    )


def setup(
    context: typer.Context,
    admin: Annotated[
        str | None, typer.Option(metavar="EMAIL", help="Print a one-time sign-in link for this admin.")
    ] = None,
) -> None:
    """Bring the database up to date and apply the profile; again is harmless."""
    from gateway.installing import admin_link, install

    settings = settings_of(context)
    hush(settings)
    profile = load_profile(settings.profile)

    async def prepare() -> str | None:
        await install(settings, profile)
        return await admin_link(settings, profile, admin) if admin else None

    path = asyncio.run(prepare())
    typer.echo(f"ready: profile {profile.name}", err=path is not None)
    if path is not None:
        print(_base_url(settings) + path)


def _base_url(settings: Settings) -> str:
    """The public address, or where the process that serves from this data directory listens."""
    if settings.base_url:
        return settings.base_url.rstrip("/")
    try:
        ready = json.loads((settings.data_dir / "ready.json").read_text("utf-8"))
    except FileNotFoundError:
        ready = {}
    host, port = settings.http_listen
    return f"http://{ready.get('http') or f'{host}:{port}'}"
