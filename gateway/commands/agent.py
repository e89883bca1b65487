"""`guiche agent`: the employees who handle tickets."""

from typing import Annotated, Any

import typer

from gateway.commands.at_hand import AtHand, asked
from gateway.commands.options import AsJson
from gateway.commands.printing import print_row, print_rows

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


@app.command("list")
def list_all(context: typer.Context, as_json: AsJson = False) -> None:
    """List the agents."""
    from core.people import agents

    print_rows(asked(context, lambda _: agents.list_all()), as_json=as_json)
