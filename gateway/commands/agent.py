"""`guiche agent`: the employees who handle tickets."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.commands.at_hand import AtHand, asked
from gateway.commands.options import AsJson
from gateway.commands.printing import print_row, print_rows

if TYPE_CHECKING:
    from core.people.tables import Agent

app = typer.Typer(help="Employees who handle tickets.", no_args_is_help=True)


@app.command("add")
def add(
    context: typer.Context,
    email: str,
    sector: Annotated[str, typer.Option(help="Their sector; direction and admin need none.")] = "",
    name: str = "",
    role: Annotated[str, typer.Option(help="agent, lead, direction or admin.")] = "agent",
    as_json: AsJson = False,
) -> None:
    """Add an agent to a sector."""
    from core.people import agents

    new = agents.NewAgent(email, sector, name, role)

    async def verb(at: AtHand) -> dict[str, Any]:
        return agents.row(await agents.add(new, at.profile, at.actor, at.now))

    print_row(asked(context, verb), as_json=as_json)


@app.command("allow")
def allow(
    context: typer.Context,
    email: str,
    sector: str,
    level: Annotated[str, typer.Argument(help="read, note (internal words too) or work (everything).")],
    as_json: AsJson = False,
) -> None:
    """Let an agent read, note or work in a sector beside his own."""
    print_row(_with_rights(context, email, {sector: level}), as_json=as_json)


@app.command("disallow")
def disallow(context: typer.Context, email: str, sector: str, as_json: AsJson = False) -> None:
    """Take from an agent what was allowed him in a sector beside his own."""
    print_row(_with_rights(context, email, {sector: ""}), as_json=as_json)


def _with_rights(context: typer.Context, email: str, also: dict[str, str]) -> dict[str, Any]:
    from core.people import agents
    from core.people.agent_rights import AgentRights, set_rights

    async def verb(at: AtHand) -> dict[str, Any]:
        return agents.row(await set_rights(AgentRights(email, also), at.profile, at.actor, at.now))

    return asked(context, verb)


@app.command("role")
def role(
    context: typer.Context,
    email: str,
    role: Annotated[str, typer.Argument(help="agent, lead, direction or admin.")],
    sector: Annotated[str, typer.Option(help="Their sector; direction and admin need none.")] = "",
    as_json: AsJson = False,
) -> None:
    """Give an agent another role or sector; they are signed out everywhere."""
    from core.people import changing_agents

    async def assign(agent: "Agent", at: AtHand) -> None:
        post = changing_agents.Post(role, sector)
        await changing_agents.assign(agent, post, at.profile, at.actor, now=at.now)

    _change(context, email, assign, as_json=as_json)


@app.command("block")
def block(context: typer.Context, email: str, as_json: AsJson = False) -> None:
    """Shut an agent out everywhere."""
    from core.people import changing_agents

    _change(context, email, lambda agent, at: changing_agents.block(agent, at.actor, at.now), as_json=as_json)


@app.command("unblock")
def unblock(context: typer.Context, email: str, as_json: AsJson = False) -> None:
    """Let a blocked agent in again."""
    from core.people import changing_agents

    _change(context, email, lambda agent, at: changing_agents.unblock(agent, at.actor, at.now), as_json=as_json)


@app.command("invite")
def invite(context: typer.Context, email: str, as_json: AsJson = False) -> None:
    """Send an agent a link under which they choose a password."""
    from gateway.commands.accounts import invite as verb

    _change(context, email, verb, as_json=as_json)


@app.command("reset-second-factor")
def reset_second_factor(context: typer.Context, email: str, as_json: AsJson = False) -> None:
    """Ask no code of an agent who lost their app; they are signed out everywhere."""
    from core.people import second_factor

    _change(context, email, lambda agent, at: second_factor.reset(agent, at.actor, at.now), as_json=as_json)


def _change(
    context: typer.Context, email: str, verb: Callable[["Agent", AtHand], Awaitable[object]], *, as_json: bool
) -> None:
    from core.people import agents
    from core.people.lookup import agent_by_email

    async def changed(at: AtHand) -> dict[str, Any]:
        agent = await agent_by_email(email)
        await verb(agent, at)
        return agents.row(agent)

    print_row(asked(context, changed), as_json=as_json)


@app.command("list")
def list_all(context: typer.Context, as_json: AsJson = False) -> None:
    """List the agents."""
    from core.people import agents

    print_rows(asked(context, lambda _: agents.list_all()), as_json=as_json)
