"""`guiche user`: the people of customers' organizations."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.commands import identity
from gateway.commands.at_hand import AtHand, asked
from gateway.commands.options import AsJson
from gateway.commands.printing import print_row, print_rows

if TYPE_CHECKING:
    from core.people.tables import Person

app = typer.Typer(help="People of customers' organizations.", no_args_is_help=True)
app.add_typer(identity.app, name="identity")


@app.command("add")
def add(
    context: typer.Context,
    email: str,
    organization: Annotated[str, typer.Option(help="The name of their organization.")],
    name: str = "",
    phone: str | None = None,
    role: Annotated[str, typer.Option(help="key_user, admin or reader.")] = "reader",
    as_json: AsJson = False,
) -> None:
    """Add a user; a key user may speak with support."""
    from core.people import persons

    new = persons.NewPerson(email, organization, name, phone, role)
    _change(context, lambda at: persons.add(new, at.profile, at.actor, at.now), as_json=as_json)


@app.command("authorize")
def authorize(context: typer.Context, email: str, as_json: AsJson = False) -> None:
    """Make a key user of a user, who may then speak with support."""
    from core.people import granting

    _change(context, lambda at: granting.authorize(email, at.profile, at.actor, at.now), as_json=as_json)


@app.command("revoke")
def revoke(context: typer.Context, email: str, as_json: AsJson = False) -> None:
    """Take a user's right to speak with support; a key user becomes a reader, or stays an administrator."""
    from core.people import granting

    _change(context, lambda at: granting.revoke(email, at.actor, at.now), as_json=as_json)


@app.command("block")
def block(context: typer.Context, email: str, as_json: AsJson = False) -> None:
    """Shut a user out everywhere."""
    from core.people import granting

    _change(context, lambda at: granting.block(email, at.actor, at.now), as_json=as_json)


@app.command("unblock")
def unblock(context: typer.Context, email: str, as_json: AsJson = False) -> None:
    """Let a blocked user in again."""
    from core.people import granting

    _change(context, lambda at: granting.unblock(email, at.actor, at.now), as_json=as_json)


@app.command("scope")
def scope(
    context: typer.Context,
    email: str,
    scopes: Annotated[
        list[str] | None, typer.Argument(help="request_services, approve_quotes, high_impact; none takes all.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say what a key user may ask for beside speaking with support."""
    from core.people import granting, lookup
    from core.people.rights import RightsChange

    async def verb(at: AtHand) -> "Person":
        person = await lookup.person_by_email(email)
        wanted = granting.PersonChange(person.id, RightsChange(scopes=scopes or []))
        return await granting.change(wanted, at.profile, at.actor, at.now)

    _change(context, verb, as_json=as_json)


@app.command("merge")
def merge(
    context: typer.Context,
    email: Annotated[str, typer.Argument(help="The double's main address.")],
    into: Annotated[str, typer.Argument(help="An address of the user who stays.")],
) -> None:
    """Give all a double has to the user he is; prints the number that `user unmerge` takes."""
    from core.people import lookup
    from core.tickets import joining_persons

    async def verb(at: AtHand) -> int:
        person, other = await lookup.person_by_email(email), await lookup.person_by_email(into)
        return (await joining_persons.merge(person.id, other.id, at.actor, at.now)).id

    print(asked(context, verb))


@app.command("unmerge")
def unmerge(context: typer.Context, merge_id: int, as_json: AsJson = False) -> None:
    """Part two users again: what the double had and is still there is his."""
    from core.tickets import parting_persons

    _change(context, lambda at: parting_persons.undo(merge_id, at.profile, at.actor, at.now), as_json=as_json)


@app.command("invite")
def invite(context: typer.Context, email: str, as_json: AsJson = False) -> None:
    """Send a user a link under which they choose a password."""
    from gateway.commands.accounts import invite as verb

    _change(context, lambda at: _of(email, verb, at), as_json=as_json)


@app.command("reset-second-factor")
def reset_second_factor(context: typer.Context, email: str, as_json: AsJson = False) -> None:
    """Ask no code of a user who lost their app; they are signed out everywhere."""
    from core.people import second_factor

    _change(
        context, lambda at: _of(email, lambda who, at: second_factor.reset(who, at.actor, at.now), at), as_json=as_json
    )


async def _of(email: str, verb: Callable[["Person", AtHand], Awaitable[object]], at: AtHand) -> "Person":
    from core.people.lookup import person_by_email

    person = await person_by_email(email)
    await verb(person, at)
    return person


def _change(
    context: typer.Context, verb: Callable[[AtHand], "Awaitable[Person]"], *, as_json: bool
) -> None:
    from core.people import person_rows

    async def shown(at: AtHand) -> dict[str, Any]:
        return await person_rows.row(await verb(at))

    print_people([asked(context, shown)], as_json=as_json, is_one=True)


@app.command("list")
def list_all(context: typer.Context, as_json: AsJson = False) -> None:
    """List the users."""
    from core.people import person_rows

    print_people(asked(context, lambda _: person_rows.list_all()), as_json=as_json)


def print_people(rows: list[dict[str, Any]], *, as_json: bool, is_one: bool = False) -> None:
    """People as JSON, or as columns in which an identity is what one calls or writes to."""
    if not as_json:
        rows = [{**row, "identities": [each["value"] for each in row["identities"]]} for row in rows]
    if is_one:
        print_row(rows[0], as_json=as_json)
    else:
        print_rows(rows, as_json=as_json)
