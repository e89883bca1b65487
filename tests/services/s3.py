"""An S3 server of the test's own (moto), to be stopped and started again."""

import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from tests.services.ports import free_port, is_open, wait_until

KEY, SECRET = "guiche-test", "not/a+secret@all:really"
_PROGRAM = "from moto.server import main; main()"


class S3Server:
    """One server process on a port of its own; it forgets its objects when it ends."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.port = free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, bucket: str) -> str:
        """What `GUICHE_BLOBS_URL` says of a bucket here."""
        login = f"{quote(KEY, safe='')}:{quote(SECRET, safe='')}"
        return f"s3://{login}@{bucket}?endpoint={self.endpoint}&region=us-east-1"

    def start(self, *buckets: str) -> None:
        """Start it and make empty buckets."""
        with open(self._folder / "s3.log", "ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _PROGRAM, "-H", "127.0.0.1", "-p", str(self.port)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )
        wait_until(lambda: is_open(self.port), 60, "the S3 server")
        for bucket in buckets:
            self.make(bucket)

    def make(self, bucket: str) -> None:
        """An empty bucket; the server asks nobody's key."""
        request = urllib.request.Request(f"{self.endpoint}/{bucket}", method="PUT", headers={"Host": "s3.amazonaws.com"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert answer.status == 200

    def stop(self) -> None:
        """End it by its own id; harmless when it has ended."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait(20)


@contextmanager
def server(folder: Path) -> Iterator[S3Server]:
    """A started server, ended after the block."""
    started = S3Server(folder)
    try:
        started.start()
        yield started
    finally:
        started.stop()
