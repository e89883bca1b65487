"""Figures as a table: ours, the other side's, their ratio, and the bar."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Run:
    """One measurement: messages a second, and CPU milliseconds for each message."""

    rate: float
    cpu_ms: float


@dataclass(frozen=True)
class Figure:
    """What was measured; `bar` is the least ratio to the other side, `floor` the least rate."""

    what: str
    ours: Sequence[Run]
    other: Sequence[Run] = ()
    other_name: str = ""
    bar: float | None = None
    floor: float | None = None
    cpu_bar: float | None = None

    @property
    def rate(self) -> float:
        return statistics.median(run.rate for run in self.ours)

    @property
    def cpu_ms(self) -> float:
        return statistics.median(run.cpu_ms for run in self.ours)

    @property
    def ratio(self) -> float | None:
        """Ours by theirs, run by run, for the machine is another in every run."""
        if not self.other:
            return None
        pairs = zip(self.ours, self.other, strict=True)
        return statistics.median(ours.rate / other.rate for ours, other in pairs)

    @property
    def is_met(self) -> bool:
        return (
            (self.bar is None or (self.ratio or 0) >= self.bar)
            and (self.floor is None or self.rate >= self.floor)
            and (self.cpu_bar is None or self.cpu_ms <= self.cpu_bar)
        )


HEAD = ("what", "ours/s", "CPU ms", "other side", "its/s", "its CPU", "ratio", "bar", "")


def show(figures: Sequence[Figure]) -> None:
    """Print the figures; medians of their runs."""
    rows = [HEAD, *(_row(each) for each in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    for row in rows:
        print("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())


def _row(figure: Figure) -> tuple[str, ...]:
    has_bar = any(each is not None for each in (figure.bar, figure.floor, figure.cpu_bar))
    return (
        figure.what, f"{figure.rate:.0f}", f"{figure.cpu_ms:.2f}", figure.other_name,
        f"{statistics.median(run.rate for run in figure.other):.0f}" if figure.other else "",
        f"{statistics.median(run.cpu_ms for run in figure.other):.2f}" if figure.other else "",
        f"{figure.ratio:.2f}" if figure.ratio is not None else "", _bar(figure),
        ("met" if figure.is_met else "MISSED") if has_bar else "",
    )


def _bar(figure: Figure) -> str:
    parts = [f"≥ {figure.bar:g} ×"] if figure.bar is not None else []
    parts += [f"≥ {figure.floor:g}/s"] if figure.floor is not None else []
    parts += [f"≤ {figure.cpu_bar:g} ms"] if figure.cpu_bar is not None else []
    return ", ".join(parts)
