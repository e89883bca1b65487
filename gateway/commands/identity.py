"""`guiche user identity`: what a person writes and calls from beside his main address."""

from typing import Any

import typer

from gateway.commands.at_hand import AtHand, asked
from gateway.commands.options import AsJson
from gateway.commands.printing import print_row

app = typer.Typer(help="What a user writes and calls from.", no_args_is_help=True)


@app.command("add")
def add(context: typer.Context, email: str, value: str, as_json: AsJson = False) -> None:
    """Add an address or a telephone to a user."""
    from core.people import identities, lookup, person_rows

    async def verb(at: AtHand) -> dict[str, Any]:
        person = await lookup.person_by_email(email)
        kind = identities.EMAIL if "@" in value else identities.PHONE
        new = identities.NewIdentity(person.id, kind, value)
        return person_rows.identity_row(await identities.add(new, at.profile, at.actor, at.now))

    print_row(asked(context, verb), as_json=as_json)


@app.command("remove")
def remove(context: typer.Context, email: str, value: str) -> None:
    """Take an address, a telephone or a linked chat from a user; the main address stays."""
    from core.people import identities, lookup

    async def verb(at: AtHand) -> None:
        person = await lookup.person_by_email(email)
        identity = await identities.identity_of(person, value)
        await identities.remove(person.id, identity.id, at.actor, at.now)

    asked(context, verb)
