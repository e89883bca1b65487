"""`guiche profile`: the desks as data."""

from pathlib import Path
from typing import Annotated, Any

import typer

from core.profile import Profile
from core.profile_loading import SHIPPED, load_profile, profile_path
from gateway.commands.at_hand import AtHand, asked, settings_of
from gateway.commands.options import AsJson
from gateway.commands.printing import print_json, print_row, print_rows

app = typer.Typer(help="Profiles: everything that differs between desks.", no_args_is_help=True)

ProfileFile = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A profile as a TOML file.")]


@app.command("list")
def list_all(context: typer.Context, as_json: AsJson = False) -> None:
    """List the shipped profiles."""
    chosen = settings_of(context).profile
    names = sorted(path.stem for path in SHIPPED.glob("*.toml") if not path.stem.endswith(".demo"))
    rows = [{"name": name, "title": load_profile(name).title, "chosen": name == chosen} for name in names]
    print_rows(rows, as_json=as_json)


@app.command("show")
def show(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(help="Default: the installation's own.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show a profile."""
    row = profile_as_json(load_profile(name or settings_of(context).profile))
    if as_json:
        print_json(row)
        return
    plain: dict[str, object] = {"name": row["name"], "title": row["title"], "mailboxes": row["mailboxes"]}
    for part in ("sectors", "categories"):
        plain[part] = [each["slug"] for each in row[part]]
    for slug, rule in row["channels"].items():
        plain[f"channel {slug}"] = rule["may"] or "unofficial"
    print_row(plain, as_json=False)


def profile_as_json(profile: Profile) -> dict[str, Any]:
    """The profile with the keys INTERFACES.md promises."""
    return {
        "name": profile.name,
        "title": profile.title,
        "mailboxes": [box.address for box in profile.mailboxes],
        "sectors": [{"slug": each.slug, "title": each.title} for each in profile.sectors],
        "categories": [
            {
                "slug": each.slug,
                "title": each.title,
                "subcategories": [leaf.slug for leaf in each.subcategories],
            }
            for each in profile.categories
        ],
        "channels": {slug: rule.model_dump(mode="json") for slug, rule in profile.channels.items()},
    }


@app.command("check")
def check(file: ProfileFile) -> None:
    """Tell every mistake in a profile."""
    profile = load_profile(str(file))
    print(f"{file.name}: in order, profile {profile.name} ({profile.title})")


@app.command("diff")
def diff(context: typer.Context, file: ProfileFile) -> None:
    """Show what a profile changes against the version applied last."""
    load_profile(str(file))
    print(_difference(context, file) or "no difference")


@app.command("apply")
def apply(context: typer.Context, file: ProfileFile) -> None:
    """Show what a profile changes, and keep it as the version applied."""
    from core import profiles_applied

    profile = load_profile(str(file))
    print(_difference(context, file) or "no difference")

    async def verb(at: AtHand) -> bool:
        text = file.read_text("utf-8")
        return await profiles_applied.apply(profile.name, text, at.actor.audit_name, at.now)

    if asked(context, verb):
        print(f"applied profile {profile.name}")
    if not profile_path(settings_of(context).profile).samefile(file):
        typer.echo(f"It serves from the next start with GUICHE_PROFILE={file}.", err=True)


def _difference(context: typer.Context, file: Path) -> str:
    from core import profiles_applied

    lines = asked(context, lambda _: profiles_applied.difference(file.read_text("utf-8")))
    return "\n".join(lines)
