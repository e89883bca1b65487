"""The data directory's lock, and `ready.json` that tells the world where this process listens."""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from core.errors import Misconfigured


@contextmanager
def held(data_dir: Path) -> Iterator[None]:
    """Keep `data_dir` for this process alone; raises `Misconfigured` while another has it.

    A `ready.json` of an earlier life goes first thing, ours when the block ends.
    """
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    # The kernel lets go of the lock with the process, so a crash leaves nothing to clean.
    with open(data_dir / "lock", "ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Misconfigured([f"{data_dir}: another process serves from this data directory"]) from error
        ready = data_dir / "ready.json"
        ready.unlink(missing_ok=True)
        _demo_mark(data_dir).unlink(missing_ok=True)
        try:
            yield
        finally:
            ready.unlink(missing_ok=True)


def mark_demo(data_dir: Path) -> None:
    """Remember that it is a demo that serves from `data_dir`, until another process begins to serve from it."""
    _demo_mark(data_dir).touch(mode=0o600)


def was_demo(data_dir: Path) -> bool:
    """Whether the process that serves from `data_dir`, or did so last, is a demo: it trusts its own machine."""
    return _demo_mark(data_dir).exists()


def _demo_mark(data_dir: Path) -> Path:
    return data_dir / "demo"


def announce(data_dir: Path, addresses: Mapping[str, str | None]) -> None:
    """Write `ready.json` in one step: readers see all of it or none."""
    temporary = data_dir / ".ready.json"
    temporary.write_text(json.dumps({"pid": os.getpid(), **addresses}), "utf-8")
    os.replace(temporary, data_dir / "ready.json")
