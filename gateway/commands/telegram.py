"""`guiche telegram`: linking chats to users."""

import typer

from gateway.commands.at_hand import asked

app = typer.Typer(help="Telegram chats of users.", no_args_is_help=True)


@app.callback()
def telegram() -> None:
    """Telegram chats of users."""


@app.command("link")
def link(context: typer.Context, email: str) -> None:
    """Print a one-time code, good for ten minutes: the user sends `/start CODE` to the bot."""
    from core.people import link_codes

    print(asked(context, lambda at: link_codes.issue(email, at.now, actor=at.actor)))
