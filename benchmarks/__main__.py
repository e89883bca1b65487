"""`python -m benchmarks ingress|path|filing|queue|dispatch|reading|all`: measure, and print the table."""

import argparse
import platform
import sys
from collections.abc import Callable, Iterator

from benchmarks import authenticated, dispatch, filing, ingress, path, queueing, reading
from benchmarks.sizes import Size, sizes
from benchmarks.table import Figure, show

PARTS: dict[str, Callable[[Size, int], Iterator[Figure]]] = {
    "ingress": ingress.figures, "path": path.figures, "filing": filing.figures, "queue": queueing.figures,
    "dispatch": dispatch.figures, "reading": reading.figures,
}


def main() -> int:
    """Print the figures; 1 when a bar is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("parts", nargs="+", choices=[*PARTS, "all"])
    parser.add_argument("--runs", type=int, default=3, help="medians are taken over these (3)")
    parser.add_argument("--size", choices=["embedded", "big"], help="only one of the two sizes")
    parser.add_argument(
        "--authenticated", action="store_true", help="ingress with every sender proven by DKIM, instead of trusted"
    )
    given = parser.parse_args()
    names = list(PARTS) if "all" in given.parts else given.parts
    parts = PARTS | ({"ingress": authenticated.figures} if given.authenticated else {})

    figures = []
    with sizes() as both:
        for name in names:
            for size in both:
                if given.size in (None, size.name):
                    print(f"measuring {name}, {size.name} …", file=sys.stderr, flush=True)
                    figures += list(parts[name](size, given.runs))

    print(f"Python {platform.python_version()}, medians of {given.runs} runs")
    show(figures)
    return 0 if all(figure.is_met for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
