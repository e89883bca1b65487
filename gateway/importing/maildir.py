"""Reads a Maildir mail by mail, the oldest name first; `tmp` is never looked into, nothing is changed."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from gateway.importing.piece import Piece


def names_in(folder: Path) -> list[Path]:
    """The files of `cur` and `new`, ordered by the names they were delivered under. Raises OSError."""
    found = [
        Path(entry.path)
        for part in ("cur", "new")
        if (folder / part).is_dir()
        for entry in os.scandir(folder / part)
        if entry.is_file(follow_symlinks=False) and not entry.name.startswith(".")
    ]
    return sorted(found, key=delivered_as)


def delivered_as(path: Path) -> str:
    """A name without its flags, which readers of mail change."""
    return path.name.partition(":")[0]


def read_maildir(names: list[Path], start: int, limit: int) -> Iterator[Piece]:
    """The mails from number `start` on; one larger than `limit` bytes is only told of."""
    for number, path in enumerate(names[start:], start + 1):
        yield _piece(path, number, limit)


def _piece(path: Path, number: int, limit: int) -> Piece:
    place = f"{path.parent.name}/{path.name}"
    try:
        status = path.stat()
        if status.st_size > limit:
            return Piece(place, number, trouble="too_large")
        kept_at = datetime.fromtimestamp(status.st_mtime, UTC)
        raw = path.read_bytes()
    except (OSError, ValueError):
        # Somebody reads his mail meanwhile, or may not be read: another run finds it.
        return Piece(place, number, trouble="unreadable")
    return Piece(place, number, raw, kept_at) if raw.strip() else Piece(place, number, trouble="unreadable")
