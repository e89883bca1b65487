"""`guiche token` and `guiche form-token`: bearer tokens, printed once, listed without their secret, revoked."""

from typing import Annotated

import typer

from gateway.commands.at_hand import AtHand, asked
from gateway.commands.options import AsJson
from gateway.commands.printing import print_rows

tokens_app = typer.Typer(help="Tokens of agents and users for the API.", no_args_is_help=True)
form_tokens_app = typer.Typer(help="Tokens of forms.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add both nouns to the command line."""
    for noun, commands in (("token", tokens_app), ("form-token", form_tokens_app)):
        # Without a callback Typer would fold a noun's only verb into the noun.
        commands.callback()(_noun)
        app.add_typer(commands, name=noun)


def _noun() -> None: ...


@tokens_app.command("create")
def create(
    context: typer.Context,
    agent: Annotated[str | None, typer.Option(metavar="EMAIL", help="Whose token: an agent's.")] = None,
    user: Annotated[str | None, typer.Option(metavar="EMAIL", help="Whose token: a user's.")] = None,
) -> None:
    """Make a token for an agent or a user, and print it."""
    from core.people import tokens

    if (agent is None) == (user is None):
        raise typer.BadParameter("give either --agent or --user")
    if agent is not None:
        print(asked(context, lambda at: tokens.issue_agent_token(agent, actor=at.actor)))
    if user is not None:
        print(asked(context, lambda at: tokens.issue_user_token(user, actor=at.actor)))


@tokens_app.command("list")
def list_all(context: typer.Context, as_json: AsJson = False) -> None:
    """List the tokens that open something, those of forms included."""
    from core.people.token_rows import token_rows

    print_rows(asked(context, lambda _: token_rows()), as_json=as_json)


@tokens_app.command("revoke")
def revoke(context: typer.Context, token_id: Annotated[int, typer.Argument(metavar="ID")]) -> None:
    """End a token of any kind, by its number in the list; it opens nothing from then on."""
    from core.people.token_rows import revoke_token

    asked(context, lambda at: revoke_token(token_id, at.actor, at.now))


@form_tokens_app.command("create")
def create_for_form(
    context: typer.Context,
    form: str,
    unverified: Annotated[
        bool, typer.Option("--unverified", help="Hold what comes until the sender confirms his address.")
    ] = False,
) -> None:
    """Make a token for a form, and print it."""
    from core.people import tokens

    async def verb(at: AtHand) -> str:
        tokens.require_form(form, at.profile)
        return await tokens.issue_form_token(form, verified=not unverified, actor=at.actor)

    print(asked(context, verb))
