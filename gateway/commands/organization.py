"""`guiche organization`: customers' organizations."""

from typing import Annotated, Any

import typer

from gateway.commands.at_hand import AtHand, asked
from gateway.commands.options import AsJson
from gateway.commands.printing import print_row, print_rows

app = typer.Typer(help="Customers' organizations.", no_args_is_help=True)


@app.command("add")
def add(
    context: typer.Context,
    name: str,
    domain: Annotated[list[str] | None, typer.Option(help="A mail domain of theirs.")] = None,
    document: Annotated[str | None, typer.Option(help="Their CNPJ or CPF.")] = None,
    key_users: Annotated[
        int | None, typer.Option(help="How many key users they may have (default: the profile's).")
    ] = None,
    board_mailbox: Annotated[
        str | None, typer.Option(help="The board's address, from which it may ask for another administrator.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Add an organization."""
    from core.people import organization_rows, organizations

    new = organizations.NewOrganization(name, domain or (), document, key_users, board_mailbox)

    async def verb(at: AtHand) -> dict[str, Any]:
        organizations.require_fit(new, at.profile, at.now)
        organization = await organizations.add(new, at.actor, at.now)
        return await organization_rows.row(organization, at.profile)

    print_row(asked(context, verb), as_json=as_json)


@app.command("override")
def override(
    context: typer.Context,
    name: str,
    channel: Annotated[str, typer.Argument(help="An official channel of the profile.")],
    may: Annotated[list[str] | None, typer.Option(help="open, complement or inquire; none forbids all.")] = None,
    since: Annotated[str | None, typer.Option(help="The first day it holds, as 2026-12-01.")] = None,
    until: Annotated[str | None, typer.Option(help="The first day it holds no more.")] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Let the profile hold for the channel again.")] = False,
    as_json: AsJson = False,
) -> None:
    """Let an organization's people do by a channel what this says, and not what the profile says."""
    from dataclasses import replace

    from core.people import changing_organizations, lookup, organization_rows
    from core.people.organizations import NewOrganization
    from core.people.overrides import override_of

    new = () if remove else (override_of(channel, may or (), since, until),)

    def edit(was: NewOrganization) -> NewOrganization:
        return replace(was, overrides=(*(each for each in was.overrides if each.channel != channel), *new))

    async def verb(at: AtHand) -> dict[str, Any]:
        organization = await lookup.organization_by_name(name)
        changed = await changing_organizations.change(organization.id, edit, at.profile, at.actor, now=at.now)
        return await organization_rows.row(changed, at.profile)

    print_row(asked(context, verb), as_json=as_json)


@app.command("list")
def list_all(context: typer.Context, as_json: AsJson = False) -> None:
    """List the organizations."""
    from core.people import organization_rows

    print_rows(asked(context, lambda at: organization_rows.list_all(at.profile)), as_json=as_json)


@app.command("show")
def show(context: typer.Context, name: str, as_json: AsJson = False) -> None:
    """Show one organization."""
    from core.people import organization_rows

    print_row(asked(context, lambda at: organization_rows.show(name, at.profile)), as_json=as_json)
