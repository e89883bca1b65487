"""`guiche held`: the quarantine."""

from collections.abc import Awaitable

import typer

from gateway.commands.at_hand import AtHand, asked, office_of, queue_of
from gateway.commands.options import AsJson
from gateway.commands.printing import print_row, print_rows

app = typer.Typer(help="Messages held until somebody decides.", no_args_is_help=True)


@app.command("list")
def list_all(context: typer.Context, as_json: AsJson = False) -> None:
    """List what waits for a decision, newest first."""
    from core.tickets import holding

    def verb(at: AtHand) -> Awaitable[list[dict[str, object]]]:
        return holding.list_held(office_of(at).sealing)

    print_rows(asked(context, verb), as_json=as_json)


@app.command("release")
def release(context: typer.Context, held_id: str, as_json: AsJson = False) -> None:
    """Override the rule that held a message; the other rules are asked again."""
    from core.people.directory import Directory
    from core.tickets import releasing
    from gateway.ingest.desk import Desk
    from gateway.release_desk import release_desk

    async def verb(at: AtHand) -> dict[str, object]:
        async with queue_of(at) as queue:
            office = office_of(at)
            desk = Desk(at.settings, at.profile, office.signing, Directory(at.profile), office.blobs, queue)
            return await releasing.release(held_id, at.actor, release_desk(desk, office), at.now)

    print_row(asked(context, verb), as_json=as_json)


@app.command("discard")
def discard(context: typer.Context, held_id: str, as_json: AsJson = False) -> None:
    """Drop a held message for ever."""
    from core.tickets import holding

    def verb(at: AtHand) -> Awaitable[dict[str, object]]:
        return holding.discard(held_id, at.actor, office_of(at).sealing, at.now)

    print_row(asked(context, verb), as_json=as_json)
