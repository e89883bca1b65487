"""`guiche dead-letters`: messages that failed again and again, set aside with their reason."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import typer

from core.decision import Reason
from core.errors import Refused
from core.queues import Queue
from gateway.commands.at_hand import AtHand, asked, queue_of
from gateway.commands.options import AsJson
from gateway.commands.printing import print_rows

T = TypeVar("T")

app = typer.Typer(help="Messages that failed again and again.", no_args_is_help=True)


@app.command("list")
def list_all(context: typer.Context, as_json: AsJson = False) -> None:
    """List them, oldest first."""
    letters = _over_queue(context, lambda queue: queue.dead_letters())
    rows = [
        {"id": each.id, "queue": each.queue, "reason": each.reason, "died_at": each.died_at.isoformat()}
        for each in letters
    ]
    print_rows(rows, as_json=as_json)


@app.command("replay")
def replay(context: typer.Context, dead_letter_id: str) -> None:
    """Put one back on its queue."""
    _require(_over_queue(context, lambda queue: queue.replay(dead_letter_id)))
    print("replayed")


@app.command("discard")
def discard(context: typer.Context, dead_letter_id: str) -> None:
    """Drop one for ever."""
    _require(_over_queue(context, lambda queue: queue.discard(dead_letter_id)))
    print("discarded")


def _over_queue(context: typer.Context, verb: Callable[[Queue], Awaitable[T]]) -> T:
    async def over(at: AtHand) -> T:
        async with queue_of(at) as queue:
            return await verb(queue)

    return asked(context, over)


def _require(done: bool) -> None:
    if not done:
        raise Refused(Reason.NOT_FOUND, "there is no such dead letter")
