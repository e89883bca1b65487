"""The programs of a measurement: started, told apart by their first line, ended by their own id."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks import cpu

CONNECTIONS = 10


@dataclass(frozen=True)
class Load:
    """What the client sends."""

    kind: str
    count: int
    size: int = 0
    seed: int = 0

    def arguments(self) -> list[str]:
        return [self.kind, str(self.count), str(self.size), str(self.seed)]


@dataclass(frozen=True)
class Program:
    """A program that runs, and what it said first."""

    pid: int
    said: str


@contextmanager
def program(module: str, *arguments: str) -> Iterator[Program]:
    """`python -m benchmarks.MODULE` until the block ends."""
    process = subprocess.Popen(
        [sys.executable, "-m", f"benchmarks.{module}", *arguments], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        said = process.stdout.readline().strip()
        assert said, f"{module} ended at once"
        yield Program(process.pid, said)
    finally:
        process.terminate()
        process.wait(30)
        if process.stdout:
            process.stdout.close()


@dataclass
class Sending:
    """A load under way."""

    process: "subprocess.Popen[str]"

    def result(self) -> dict[str, float]:
        """When it began and ended; every mail was answered 250."""
        out, _ = self.process.communicate(timeout=600)
        result: dict[str, float] = json.loads(out)
        assert result["refused"] == 0, f"{result['refused']} mails were refused"
        return result


def send(address: str, load: Load) -> Sending:
    """Start the load in a process of its own."""
    return Sending(subprocess.Popen(
        [sys.executable, "-m", "benchmarks.client", address, str(CONNECTIONS), *load.arguments()],
        stdout=subprocess.PIPE, text=True,
    ))  # fmt: skip


class Meter:
    """Processor time from now on, of these programs, and of database and broker where they use them."""

    def __init__(self, pids: list[int], *, with_servers: bool) -> None:
        self._pids = pids
        self._with_servers = with_servers
        self._before = self._seconds()

    def ms_each(self, count: int) -> float:
        return (self._seconds() - self._before) * 1000 / count

    def _seconds(self) -> float:
        return cpu.seconds(self._pids, with_servers=self._with_servers)
