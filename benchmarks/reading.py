"""Reading mails and telling the reply from the quotation, beside a bare parse of the standard library."""

import email
import email.header
import email.message
import email.policy
import time
from collections.abc import Iterator, Sequence

from benchmarks.sizes import Size
from benchmarks.table import Figure, Run
from gateway.ingest.mime import read_mail
from tests.ingest.corpus import FOLDER

BAR = 0.2
ROUNDS = 5
HEADERS = ("subject", "from", "to", "cc", "message-id", "in-reply-to", "references", "date")


def figures(size: Size, runs: int) -> Iterator[Figure]:
    """The corpus in `tests/corpus/mail`, one mail after the other; no database, so one size is enough."""
    if size.has_servers:
        return
    mails = [path.read_bytes() for path in sorted(FOLDER.glob("*/*.eml"))]
    _ours(mails), _bare(mails)
    pairs = [(_ours(mails), _bare(mails)) for _ in range(runs)]
    yield Figure(
        f"reading {len(mails)} mails", [ours for ours, _ in pairs], [bare for _, bare in pairs],
        "compat32, decoded", bar=BAR,
    )  # fmt: skip


def _ours(mails: Sequence[bytes]) -> Run:
    began = time.perf_counter(), time.process_time()
    for _ in range(ROUNDS):
        for raw in mails:
            read_mail(raw)
    return _run(began, len(mails) * ROUNDS)


def _bare(mails: Sequence[bytes]) -> Run:
    began = time.perf_counter(), time.process_time()
    for _ in range(ROUNDS):
        for raw in mails:
            _decoded(raw)
    return _run(began, len(mails) * ROUNDS)


def _decoded(raw: bytes) -> None:
    message = email.message_from_bytes(raw, policy=email.policy.compat32)
    for name in HEADERS:
        for value in message.get_all(name, []):
            try:
                str(email.header.make_header(email.header.decode_header(value)))
            except (LookupError, ValueError):
                continue
    for part in message.walk():
        if not part.is_multipart():
            part.get_payload(decode=True)


def _run(began: tuple[float, float], mails: int) -> Run:
    wall, cpu = time.perf_counter() - began[0], time.process_time() - began[1]
    return Run(mails / wall, 1_000 * cpu / mails)
