"""How far an import came, in a small file of the data directory, so that the next run goes on there.

The ledger alone decides that nothing is filed twice; this file only spares reading again what was done.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from io import FileIO
from pathlib import Path

from core.errors import Misconfigured
from gateway.importing.archive import Archive

FAILURES_SHOWN = 20


@dataclass(slots=True)
class Tally:
    """What became of the mails so far; `left_out` names the first that could not be filed, with the cause."""

    filed: int = 0
    held: int = 0
    refused: int = 0
    bounces: int = 0
    duplicates: int = 0
    unreadable: int = 0
    failed: int = 0
    left_out: list[dict[str, str]] = field(default_factory=list)

    def leave_out(self, place: str, cause: str) -> None:
        """Note a mail that lies in the archive still and nowhere else."""
        if len(self.left_out) < FAILURES_SHOWN:
            self.left_out.append({"at": place, "cause": cause})


@dataclass(slots=True)
class Progress:
    """Where one archive stands."""

    path: Path
    done: int = 0
    mark: str = ""
    tally: Tally = field(default_factory=Tally)

    def save(self, done: int, mark: str) -> None:
        """In one step: a crash leaves the earlier word or this one."""
        self.done, self.mark = done, mark
        temporary = self.path.with_suffix(".new")
        temporary.write_text(json.dumps({"done": done, "mark": mark, "tally": asdict(self.tally)}), "utf-8")
        os.replace(temporary, self.path)

    def forget(self) -> None:
        """All is done: the next run looks at everything again, and the ledger tells what is new."""
        self.path.unlink(missing_ok=True)


@contextmanager
def progress_of(archive: Archive, cut_off: str, data_dir: Path) -> Iterator[Progress]:
    """The progress of this archive under this cut-off; raises `Misconfigured` while another run is at it."""
    name = hashlib.sha256(f"{archive.kind}\0{archive.path}\0{cut_off}".encode()).hexdigest()[:24]
    path = data_dir / f"import-{name}.json"
    lock_path = path.with_suffix(".lock")
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with FileIO(lock_path, "a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Misconfigured([f"{archive.path}: another import of it is under way"]) from error
        try:
            yield _loaded(path)
        finally:
            lock_path.unlink(missing_ok=True)


def _loaded(path: Path) -> Progress:
    try:
        known = json.loads(path.read_text("utf-8"))
        return Progress(path, int(known["done"]), str(known["mark"]), Tally(**known["tally"]))
    except (OSError, ValueError, KeyError, TypeError):
        # None yet, or one of another release: to begin anew costs time and nothing else.
        return Progress(path)
