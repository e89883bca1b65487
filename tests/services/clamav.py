"""A ClamAV daemon of the test's own that knows one signature and downloads none (LIBRARIES.md part 5)."""

import hashlib
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.services.packages import program
from tests.services.ports import free_port, is_open, wait_until

# More than any file of the tests but the one that is meant to be too long.
LIMIT = 4 * 1024 * 1024
_CONFIG = """\
Foreground yes
User {user}
DatabaseDirectory {folder}/database
TemporaryDirectory {folder}
TCPSocket {port}
TCPAddr 127.0.0.1
StreamMaxLength {limit}
MaxThreads 4
LogFile {folder}/clamd.log
"""


def eicar() -> bytes:
    """The test file that every scanner takes for a virus; put together here, so that no file of ours holds it."""
    return ("X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + "EICAR" + "-STANDARD-ANTIVIRUS-" + "TEST-FILE!$H+H*").encode()


def installed() -> Path:
    """The daemon's program, installed where that is possible; else `Missing`."""
    return program("clamd", "clamav-daemon", "/usr/sbin")


class Daemon:
    """One process on a port of its own, to be stopped and started again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        (folder / "database").mkdir()
        digest = hashlib.md5(eicar(), usedforsecurity=False).hexdigest()
        (folder / "database" / "local.hdb").write_text(f"{digest}:{len(eicar())}:Guiche.Test\n")
        user = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
        (folder / "clamd.conf").write_text(_CONFIG.format(folder=folder, port=self.port, user=user, limit=LIMIT))

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it listens."""
        with open(self._folder / "clamd.out", "ab") as log:
            self._process = subprocess.Popen(
                [installed(), "-c", str(self._folder / "clamd.conf")], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        wait_until(lambda: is_open(self.port), 60, "clamd")

    def stop(self) -> None:
        """End it by its own id; harmless when it has ended."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait(20)


@contextmanager
def daemon(folder: Path) -> Iterator[Daemon]:
    """A started daemon, ended after the block."""
    started = Daemon(folder)
    try:
        started.start()
        yield started
    finally:
        started.stop()
