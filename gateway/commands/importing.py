"""`guiche import`: old mail from an mbox file or a Maildir becomes tickets, in the command's own process."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.profile import Profile
from gateway.commands.at_hand import AtHand, asked, office_of
from gateway.commands.options import AsJson
from gateway.commands.printing import print_json, print_row

if TYPE_CHECKING:
    from gateway.importing.archive import Archive
    from gateway.importing.progress import Tally

app = typer.Typer(
    help="File old mail. Run it again after an interruption: nothing is filed twice.", no_args_is_help=True
)

Where = Annotated[Path, typer.Argument(metavar="PATH", exists=True, help="It is read and never changed.")]
CutOff = Annotated[
    str | None,
    typer.Option(
        "--archive-before", metavar="DATE",
        help="Mail dated before it is history: filed in closed tickets, and nobody is written to. By default all is.",
    ),
]  # fmt: skip


@app.command("mbox")
def mbox(context: typer.Context, path: Where, archive_before: CutOff = None, as_json: AsJson = False) -> None:
    """Import an mbox file, mails separated by lines `From …`."""
    _import(context, "mbox", path, archive_before, as_json)


@app.command("maildir")
def maildir(context: typer.Context, path: Where, archive_before: CutOff = None, as_json: AsJson = False) -> None:
    """Import a Maildir: the mails in its folders cur and new."""
    _import(context, "maildir", path, archive_before, as_json)


def _import(context: typer.Context, kind: str, path: Path, archive_before: str | None, as_json: bool) -> None:
    async def over(at: AtHand) -> "Tally":
        from gateway.importing.archive import open_archive
        from gateway.importing.progress import progress_of
        from gateway.importing.walking import import_archive, open_importer

        cut_off = _date(archive_before, at.profile) if archive_before else None
        importer = open_importer(at.settings, office_of(at), cut_off)
        archive = open_archive(kind, path, at.settings.max_message_bytes)
        progress = progress_of(archive, archive_before or "", at.settings.data_dir)
        with progress as known, _bar(archive, as_json) as tell:
            return await import_archive(archive, known, importer, tell)

    try:
        tally = asked(context, over)
    except KeyboardInterrupt:
        print("guiche: interrupted; the same command goes on from here", file=sys.stderr)
        raise typer.Exit(1) from None
    _report(tally, as_json)


def _date(text: str, profile: Profile) -> datetime:
    """A day begins in the desk's own zone."""
    try:
        date = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter("must be a date like 2024-12-31", param_hint="--archive-before") from error
    return date if date.tzinfo else date.replace(tzinfo=profile.zone)


@contextmanager
def _bar(archive: "Archive", is_silent: bool) -> Iterator[Callable[[int], None]]:
    """A progress bar for people; programs and files see nothing of it."""
    if is_silent or not sys.stderr.isatty():
        yield lambda _: None
        return
    with typer.progressbar(length=archive.length, label=archive.path.name, file=sys.stderr) as bar:
        yield lambda done: bar.update(done - bar.pos)


def _report(tally: "Tally", as_json: bool) -> None:
    shown = asdict(tally)
    if as_json:
        print_json(shown)
    else:
        left_out = shown.pop("left_out")
        print_row(shown, as_json=False)
        for each in left_out:
            print(f"guiche: left out: {each['at']} ({each['cause']})", file=sys.stderr)
    if tally.failed:
        raise typer.Exit(1)
