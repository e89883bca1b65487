"""`guiche block`: addresses and domains from which nothing is taken."""

from collections.abc import Awaitable
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.commands.at_hand import AtHand, asked
from gateway.commands.options import AsJson
from gateway.commands.printing import print_row, print_rows

if TYPE_CHECKING:
    from core.people.blocks import Keys

app = typer.Typer(help="Addresses and domains from which nothing is taken.", no_args_is_help=True)


@app.command("add")
def add(
    context: typer.Context,
    value: Annotated[str, typer.Argument(help="An address, or a domain with all below it.")],
    reason: Annotated[str, typer.Option(help="Why; shown in the list.")],
    days: Annotated[int | None, typer.Option(help="For so many days (default: for ever).")] = None,
    as_json: AsJson = False,
) -> None:
    """Block an address or a domain; in force within five seconds everywhere."""
    from core.people import blocks

    new = blocks.NewBlock(value, reason, None if days is None else timedelta(days=days))

    def verb(at: AtHand) -> Awaitable[dict[str, object]]:
        return blocks.add(new, at.profile, _keys(at), at.actor, at.now)

    print_row(asked(context, verb), as_json=as_json)


@app.command("list")
def list_all(context: typer.Context, as_json: AsJson = False) -> None:
    """List what is blocked, newest first."""
    from core.people import blocks

    def verb(at: AtHand) -> Awaitable[list[dict[str, object]]]:
        return blocks.list_all(_keys(at).sealing, at.now)

    print_rows(asked(context, verb), as_json=as_json)


@app.command("remove")
def remove(context: typer.Context, value: str) -> None:
    """Take an address or a domain off the list."""
    from core.people import blocks

    def verb(at: AtHand) -> Awaitable[None]:
        return blocks.remove(value, _keys(at), at.actor, at.now)

    asked(context, verb)


def _keys(at: AtHand) -> "Keys":
    from core.keys import SealingKeys, SigningKeys
    from core.people.blocks import Keys

    return Keys(SigningKeys(at.settings.secret_key), SealingKeys(at.settings.data_keys))
