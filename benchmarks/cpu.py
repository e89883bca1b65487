"""Processor time of processes, of PostgreSQL and of RabbitMQ."""

from collections.abc import Iterable

import psutil

SERVERS = ("postgres", "beam.smp")


def seconds(pids: Iterable[int], *, with_servers: bool) -> float:
    """Processor time so far of these processes, their children, and database and broker if asked."""
    processes: dict[int, psutil.Process] = {}
    for pid in pids:
        root = psutil.Process(pid)
        processes |= {each.pid: each for each in (root, *root.children(recursive=True))}
    for each in psutil.process_iter(["name"]):
        if with_servers and each.info["name"] in SERVERS:
            processes[each.pid] = each
    return sum(_seconds(each) for each in processes.values())


def _seconds(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    # A child that has ended counts with its parent, one that lives counts for itself.
    return float(times.user + times.system + times.children_user + times.children_system)
