"""Ingress: from the first connection to the last 250 after a durable publish, beside a null handler."""

from collections.abc import Iterator
from dataclasses import replace

from benchmarks.programs import Load, Meter, program, send
from benchmarks.sizes import Size, ground, product
from benchmarks.table import Figure, Run

NOBODY = "amqp://guest:guest@127.0.0.1:1/"
CASES = (("2 KiB", 2_048, 2_000, 0.4), ("50 KiB", 51_200, 600, 1.0))


def figures(size: Size, runs: int) -> Iterator[Figure]:
    """One figure for each size of mail, and with servers one for the smaller mail while RabbitMQ is away."""
    for name, octets, count, bar in CASES:
        pairs = [_pair(size, Load("plain", count, octets, seed)) for seed in range(runs)]
        yield Figure(
            f"ingress {name}, {size.name}", [ours for ours, _ in pairs], [null for _, null in pairs],
            "aiosmtpd, null handler", bar=bar,
        )  # fmt: skip
    if size.has_servers:
        name, octets, count, bar = CASES[0]
        away = replace(size, broker_url=NOBODY)
        pairs = [_pair(away, Load("plain", count, octets, seed), size) for seed in range(runs)]
        yield Figure(
            f"ingress {name}, {size.name}, broker away", [ours for ours, _ in pairs], [null for _, null in pairs],
            "aiosmtpd, null handler", bar=bar,
        )  # fmt: skip


def _pair(size: Size, load: Load, grounds: Size | None = None) -> tuple[Run, Run]:
    with ground(grounds or size) as place, product(replace(place, broker_url=size.broker_url), "smtp") as (process,):
        ours = _measure(process.ready["smtp"], process.pid, load, with_servers=size.has_servers)
    with program("null_smtp") as null:
        return ours, _measure(null.said, null.pid, load, with_servers=False)


def _measure(address: str, pid: int, load: Load, *, with_servers: bool) -> Run:
    meter = Meter([pid], with_servers=with_servers)
    result = send(address, load).result()
    return Run(load.count / (result["ended"] - result["began"]), meter.ms_each(load.count))
