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
    document: Annotated[str | None, typer.Option(help="Their CNPJ or the like.")] = None,
    key_users: Annotated[
        int | None, typer.Option(help="How many key users they may have (default: the profile's).")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Add an organization."""
    from core.people import organization_rows, organizations

    new = organizations.NewOrganization(name, domain or (), document, key_users)

    async def verb(at: AtHand) -> dict[str, Any]:
        organization = await organizations.add(new, at.actor, at.now)
        return await organization_rows.row(organization, at.profile)

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
