"""The child that works on hostile input under limits of its own: one task after the other, until its input ends."""

import json
import math
import resource
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import BinaryIO

CPU_SECONDS = 2
MEMORY_BYTES = 1024**3


def _mail(raw: bytes) -> Sequence[bytes]:
    from gateway.ingest.bounded_mail import pieces_of  # noqa: PLC0415 - a child loads what it is asked for
    from gateway.ingest.mime import read_mail  # noqa: PLC0415

    return pieces_of(read_mail(raw))


def _shown_html(html: bytes) -> Sequence[bytes]:
    from gateway.ingest.html_shown import shown_html  # noqa: PLC0415

    return [shown_html(html.decode("utf-8", "replace")).encode("utf-8", "replace")]


TASKS: dict[str, Callable[[bytes], Sequence[bytes]]] = {"mail": _mail, "shown_html": _shown_html}


def main() -> None:
    """Answer until nobody asks. Whoever started us decides when: signals for the whole group are his."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # it writes to its pipe and to no file
    with suppress(ValueError, OSError):  # macOS knows no such limit
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    asked, answered = sys.stdin.buffer, sys.stdout.buffer
    # What else may print must not stand between the answers.
    sys.stdout = sys.stderr
    while head := asked.readline():
        question = json.loads(head)
        data = asked.read(question["size"])
        _more_time()
        _write(TASKS[question["task"]](data), answered)
        del data


def _more_time() -> None:
    """Two seconds of processor from now on; the kernel counts them and ends us."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = math.ceil(used.ru_utime + used.ru_stime + CPU_SECONDS)
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))


def _write(pieces: Sequence[bytes], out: BinaryIO) -> None:
    out.write(json.dumps([len(each) for each in pieces]).encode() + b"\n")
    out.writelines(pieces)
    out.flush()


if __name__ == "__main__":
    main()
