"""The command `guiche`: its commands by name, and how every failure is told in one line."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from core.errors import InvalidFields, Misconfigured, Refused, Unavailable
from gateway.commands import (
    agent,
    block,
    checking,
    dead_letters,
    held,
    importing,
    intake,
    organization,
    parse,
    profile,
    serving,
    simulate,
    telegram,
    token,
    user,
)

app = typer.Typer(
    name="guiche",
    help="Guichê files every message under a protocol number.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

ConfigFile = Annotated[Path | None, typer.Option("--config", help="Settings file instead of ./guiche.toml.")]


@app.callback()
def remember_config(context: typer.Context, config: ConfigFile = None) -> None:
    """Guichê files every message under a protocol number."""
    context.obj = config


serving.add_to(app)
checking.add_to(app)
parse.add_to(app)
simulate.add_to(app)
token.add_to(app)
for noun, commands in (
    ("profile", profile.app),
    ("organization", organization.app),
    ("user", user.app),
    ("agent", agent.app),
    ("telegram", telegram.app),
    ("held", held.app),
    ("import", importing.app),
    ("block", block.app),
    ("intake", intake.app),
    ("dead-letters", dead_letters.app),
):
    app.add_typer(commands, name=noun)


def main() -> None:
    """Run the command line: 0 done, 1 refused or failed with one clear line, 2 usage."""
    try:
        app()
    except Misconfigured as error:
        _fail(*error.complaints)
    except InvalidFields as error:
        _fail(*(f"{path}: {text}" for path, texts in error.errors.items() for text in texts))
    except Refused as error:
        _fail(f"{error.reason.value}: {error.detail}" if error.detail else error.reason.value)
    except Unavailable as error:
        _fail(f"temporarily unavailable: {error}")


def _fail(*lines: str) -> None:
    for line in lines:
        print(f"guiche: {line}", file=sys.stderr)
    sys.exit(1)


if __name__ == "__main__":
    main()
