"""`guiche parse`: what Guichê reads in a mail."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.commands.options import AsJson
from gateway.commands.printing import print_json, print_table


def add_to(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("parse")(parse)


def parse(
    file: Annotated[Path, typer.Argument(help="A mail as a file, or - for standard input.")],
    as_json: AsJson = False,
) -> None:
    """Show what Guichê reads in a mail."""
    from gateway.ingest.mime import read_mail

    shown: dict[str, Any] = read_mail(_bytes_of(file)).as_json()
    if as_json:
        print_json(shown)
        return
    bodies = ("text", "reply_text", "html")
    shown["attachments"] = [
        f"{each['filename']} ({each['content_type']}, {each['size']} octets)" for each in shown["attachments"]
    ]
    print_table(None, [[key, value] for key, value in shown.items() if key not in bodies])
    print()
    print(shown["reply_text"] or shown["text"])


def _bytes_of(file: Path) -> bytes:
    if str(file) == "-":
        return sys.stdin.buffer.read()
    try:
        return file.read_bytes()
    except OSError as error:
        raise typer.BadParameter(f"{file}: {error.strerror}", param_hint="FILE") from error
