"""Ingress: from the first connection to the last 250 after a durable publish, beside a null handler."""

from collections.abc import Iterator

from benchmarks.programs import Load, Meter, program, send
from benchmarks.sizes import Size, ground, product
from benchmarks.table import Figure, Run

CASES = (("2 KiB", 2_048, 2_000, 0.4), ("50 KiB", 51_200, 600, 1.0))


def figures(size: Size, runs: int) -> Iterator[Figure]:
    """One figure for each size of mail."""
    for name, octets, count, bar in CASES:
        pairs = [_pair(size, Load("plain", count, octets, seed)) for seed in range(runs)]
        yield Figure(
            f"ingress {name}, {size.name}", [ours for ours, _ in pairs], [null for _, null in pairs],
            "aiosmtpd, null handler", bar=bar,
        )  # fmt: skip


def _pair(size: Size, load: Load) -> tuple[Run, Run]:
    with ground(size) as place, product(place, "smtp") as (process,):
        ours = _measure(process.ready["smtp"], process.pid, load, with_servers=size.has_servers)
    with program("null_smtp") as null:
        return ours, _measure(null.said, null.pid, load, with_servers=False)


def _measure(address: str, pid: int, load: Load, *, with_servers: bool) -> Run:
    meter = Meter([pid], with_servers=with_servers)
    result = send(address, load).result()
    return Run(load.count / (result["ended"] - result["began"]), meter.ms_each(load.count))
