"""`guiche doctor` and `guiche check`: is the installation sound, and does what must hold hold?"""

import asyncio

import typer

from gateway.commands.at_hand import asked, hush, settings_of
from gateway.commands.options import AsJson
from gateway.commands.printing import print_json, print_rows


def add_to(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command("doctor")(doctor)
    app.command("check")(check)


def doctor(context: typer.Context, as_json: AsJson = False) -> None:
    """Look at settings, folders, database, broker and files."""
    from gateway.diagnosis import diagnose

    settings = settings_of(context)
    hush(settings)
    findings = asyncio.run(diagnose(settings))
    rows = [{"what": each.what, "ok": each.is_well, "detail": each.detail} for each in findings]
    print_rows(rows, as_json=as_json)
    if not all(each.is_well for each in findings):
        raise typer.Exit(1)


def check(context: typer.Context, as_json: AsJson = False) -> None:
    """Ask the database whether everything that must always hold does."""
    from core import invariants
    from core.keys import SigningKeys

    found = asked(context, lambda at: invariants.broken(SigningKeys(at.settings.secret_key)))
    if as_json:
        print_json(found)
    else:
        print("\n".join(found) or "everything holds")
    if found:
        raise typer.Exit(1)
