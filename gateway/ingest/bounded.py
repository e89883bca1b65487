"""Work on hostile input, done in a child process that may die of it: bounded in processor, memory and time.

A thread would not do: one call of the interpreter's own C code on 20 MB holds every other thread
for up to a second, and nobody can stop it (docs/decisions/0008).
"""

import asyncio
import atexit
import json
import queue
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import IO

import structlog

CHILDREN = 2
WALL_SECONDS = 30.0
# Isolated: neither the folder we stand in nor the environment says what it imports.
COMMAND = [sys.executable, "-I", "-B", "-m", "gateway.ingest.bounded_child"]

_log = structlog.get_logger(__name__)
_threads = ThreadPoolExecutor(CHILDREN, thread_name_prefix="bounded")


class Overrun(Exception):
    """The child did not survive its task, or had no answer in time."""


async def bounded(task: str, data: bytes) -> list[bytes]:
    """What `bounded_child.TASKS[task]` makes of `data`; at most two at a time.

    Raises `Overrun` when the task costs more than two seconds of processor, a gigabyte of memory
    or half a minute. The next one finds a new child.
    """
    return await asyncio.get_running_loop().run_in_executor(_threads, _asked, task, data)


class _Child:
    """A process that takes one task after the other through its pipes, and ends when they close."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # a dying interpreter says what it died of, and that is somebody's mail
        )

    def ask(self, task: str, data: bytes) -> list[bytes]:
        written, read = self._process.stdin, self._process.stdout
        assert written is not None
        assert read is not None
        timer = threading.Timer(WALL_SECONDS, self._process.kill)
        timer.daemon = True
        timer.start()
        try:
            written.write(json.dumps({"task": task, "size": len(data)}).encode() + b"\n")
            written.write(data)
            written.flush()
            return _answer(read)
        except (OSError, ValueError) as error:
            raise Overrun(task) from error
        finally:
            timer.cancel()

    def end(self) -> None:
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            # What a pipe still holds was for a child that is gone.
            with suppress(OSError):
                if pipe is not None:
                    pipe.close()
        self._process.wait()


def _answer(read: IO[bytes]) -> list[bytes]:
    """The pieces of an answer; an unfinished one is a ValueError."""
    sizes: list[int] = json.loads(read.readline())
    pieces = [read.read(size) for size in sizes]
    if [len(piece) for piece in pieces] != sizes:
        raise ValueError(sizes)
    return pieces


_idle: queue.SimpleQueue[_Child] = queue.SimpleQueue()


def _asked(task: str, data: bytes) -> list[bytes]:
    try:
        child = _idle.get_nowait()
    except queue.Empty:
        child = _Child()
    try:
        answer = child.ask(task, data)
    except Overrun:
        _log.error("bounded_overrun", task=task, size=len(data))
        child.end()
        raise
    _idle.put(child)
    return answer


def end_children() -> None:
    """End the children that have nothing to do, as at this process's end."""
    while True:
        try:
            _idle.get_nowait().end()
        except queue.Empty:
            return


atexit.register(end_children)
