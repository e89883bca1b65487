"""`guiche parse`: what Guichê reads in a mail."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.commands.options import AsJson
from gateway.commands.printing import print_json, print_table

if TYPE_CHECKING:
    from gateway.ingest.mime import Mail

KEYS = (
    "subject", "from_addr", "to", "cc", "message_id", "in_reply_to", "references", "date", "text",
    "reply_text", "html", "attachments", "is_auto_reply", "is_bounce",
)  # fmt: skip


def add_to(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("parse")(parse)


def parse(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A mail as a file.")],
    as_json: AsJson = False,
) -> None:
    """Show what Guichê reads in a mail."""
    from gateway.ingest.mime import read_mail

    shown = mail_as_json(read_mail(file.read_bytes()))
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


def mail_as_json(mail: "Mail") -> dict[str, Any]:
    """The mail with the keys INTERFACES.md promises; files without their bytes."""
    shown: dict[str, Any] = {key: getattr(mail, key) for key in KEYS}
    shown["attachments"] = [
        {"filename": each.filename, "content_type": each.content_type, "size": each.size}
        for each in mail.attachments
    ]
    return shown
