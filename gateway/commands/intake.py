"""`guiche intake`: the ledger of everything received."""

from typing import Annotated

import typer

from gateway.commands.at_hand import AtHand, asked, office_of
from gateway.commands.options import AsJson
from gateway.commands.printing import print_rows

app = typer.Typer(help="Everything received, and what became of it.", no_args_is_help=True)


@app.callback()
def ledger() -> None:
    """Everything received, and what became of it."""


@app.command("find")
def find(
    context: typer.Context,
    text: Annotated[str, typer.Argument(help="An address, a Message-ID, a protocol, an id, or words of a subject.")],
    as_json: AsJson = False,
) -> None:
    """Find messages in the ledger, newest first, whatever became of them."""
    from core.tickets.ledger import MAX_PAGE, find_intake

    async def verb(at: AtHand) -> list[dict[str, object]]:
        return (await find_intake(office_of(at), text, limit=MAX_PAGE)).items

    print_rows(asked(context, verb), as_json=as_json)
