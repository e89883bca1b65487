"""An archive under import, whatever its kind: how long it is, its mails from a place on, whether it is unchanged."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from core.errors import Misconfigured
from gateway.importing.maildir import delivered_as, names_in, read_maildir
from gateway.importing.mbox import is_at_mail, read_mbox
from gateway.importing.piece import Piece


@dataclass(frozen=True, slots=True)
class Archive:
    """`mails(start)` begins where `Piece.done` of an earlier run ended; `mark(done)` is what was true then."""

    kind: str
    path: Path
    length: int
    mails: Callable[[int], Iterator[Piece]]
    mark: Callable[[int], str]

    def goes_on_at(self, done: int, mark: str) -> int:
        """Where to begin after a run that came as far as `done`: there, or anew when it is another archive now."""
        return done if 0 < done <= self.length and self.mark(done) == mark else 0


def open_archive(kind: str, path: Path, limit: int) -> Archive:
    """The mbox file or Maildir at `path`; raises `Misconfigured` when it is none."""
    path = path.resolve()
    try:
        return _mbox(path, limit) if kind == "mbox" else _maildir(path, limit)
    except OSError as error:
        raise Misconfigured([f"{path}: cannot be read ({error.strerror})"]) from error


def _mbox(path: Path, limit: int) -> Archive:
    if path.is_dir():
        raise Misconfigured([f"{path}: a folder; is it a Maildir?"])
    length = path.stat().st_size
    first = next(read_mbox(path, 0, limit), None)
    if length and (first is None or (first.trouble and first.done >= length and not is_at_mail(path, 0))):
        raise Misconfigured([f"{path}: no mbox file, for no mail begins in it"])

    def mark(done: int) -> str:
        return "mail" if is_at_mail(path, done) else "changed"

    return Archive("mbox", path, length, lambda start: read_mbox(path, start, limit), mark)


def _maildir(path: Path, limit: int) -> Archive:
    if not ((path / "cur").is_dir() or (path / "new").is_dir()):
        raise Misconfigured([f"{path}: no Maildir, for it has neither cur nor new"])
    names = names_in(path)
    return Archive(
        "maildir", path, len(names), lambda start: read_maildir(names, start, limit),
        # A mail that came in between with an older name moves the count.
        lambda done: delivered_as(names[done - 1]),
    )
