"""Reads an mbox file mail by mail (RFC 4155), in all the shapes such files have; never changes it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from gateway.importing.piece import Piece, parsed_date

# A longer line comes in parts, so that a file that is none never fills the memory.
_PART = 64 * 1024
# Who sent it may be anything, spaces included; the day and the time tell that the line separates.
_SEPARATOR = re.compile(
    rb"From (?P<sender>.{0,400}?)[ \t]*\b"
    rb"(?P<when>(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,?[ \t][^\r\n]{0,60}\d:\d\d[^\r\n]{0,40})\r?\n"
)
_FIELD = re.compile(rb">?[!-9;-~]+[ \t]*:|>From ")
_QUOTED = re.compile(rb">+From ")


@dataclass(slots=True)
class _Mail:
    """A mail as its lines come; beyond `limit` only its size is kept."""

    start: int
    limit: int
    separator: re.Match[bytes] | None
    size: int = 0
    lines: list[bytes] = field(default_factory=list)

    def add(self, line: bytes, *, begins: bool) -> None:
        if begins and line.startswith(b">") and _QUOTED.match(line):
            line = line[1:]
        self.size += len(line)
        if self.size > self.limit:
            self.lines.clear()
        else:
            self.lines.append(line)

    def piece(self, done: int) -> Piece | None:
        """None for what is no mail and nothing else: empty lines before the first one."""
        # The empty line that separates is the file's, not the mail's.
        if self.lines and self.lines[-1] in (b"\n", b"\r\n"):
            self.lines.pop()
        raw = b"".join(self.lines)
        if self.separator is None:
            return Piece(self.place, done, trouble="unreadable") if self.size and (raw.strip() or not raw) else None
        if self.size > self.limit:
            return Piece(self.place, done, trouble="too_large")
        if not _FIELD.match(raw):
            return Piece(self.place, done, trouble="unreadable")
        sender = self.separator["sender"].decode("utf-8", "replace").strip(" -<>")
        when = parsed_date(self.separator["when"].decode("ascii", "replace"))
        return Piece(self.place, done, raw, kept_at=when, sender=sender)

    @property
    def place(self) -> str:
        return f"byte {self.start}"


def read_mbox(path: Path, start: int, limit: int) -> Iterator[Piece]:
    """The mails from byte `start` on; one larger than `limit` bytes is only told of.

    A line separates when it looks like `From sender date` and a header field follows: mails quote
    other mails, and not every program wrote `>` before their first line. Raises OSError.
    """
    with path.open("rb") as file:
        file.seek(start)
        mail = _Mail(start, limit, None)
        candidate: tuple[int, re.Match[bytes], bytes] | None = None
        for at, line, begins in _lines(file):
            if candidate is not None:
                began, separator, text = candidate
                candidate = None
                if _FIELD.match(line):
                    if piece := mail.piece(began):
                        yield piece
                    mail = _Mail(began, limit, separator)
                else:
                    mail.add(text, begins=True)
            found = _SEPARATOR.fullmatch(line) if begins and line.startswith(b"From ") else None
            if found:
                candidate = (at, found, line)
            else:
                mail.add(line, begins=begins)
        if candidate is not None:
            mail.add(candidate[2], begins=True)
        if piece := mail.piece(file.tell()):
            yield piece


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes, bool]]:
    """Each line, or part of a long one, with its place and whether a line begins with it."""
    at, begins = file.tell(), True
    while line := file.readline(_PART):
        yield at, line, begins
        at += len(line)
        begins = line.endswith(b"\n")


def is_at_mail(path: Path, start: int) -> bool:
    """Whether a mail begins at byte `start`, or the file ends there: it is still the file it was."""
    with path.open("rb") as file:
        file.seek(0, 2)
        size = file.tell()
        file.seek(start)
        return start == size or (start < size and _SEPARATOR.fullmatch(file.readline(_PART)) is not None)
