"""`guiche token create` and `guiche form-token create`: bearer tokens, printed once."""

from typing import Annotated

import typer

from gateway.commands.at_hand import AtHand, asked

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
