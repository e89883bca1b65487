"""`python -m tests.services`: have everything the tests need, or say what is missing and fail."""

import sys
from collections.abc import Callable

from tests.services import chromium, clamav, dovecot, postgres, rabbitmq
from tests.services.packages import Missing

SERVICES: dict[str, Callable[[], str]] = {
    "PostgreSQL": lambda: _here_or_private(postgres.reachable() is not None, postgres.installed),
    "RabbitMQ": lambda: _here_or_private(rabbitmq.reachable() is not None, rabbitmq.installed),
    "Dovecot": lambda: f"installed, {dovecot.installed()}, the tests start one of their own",
    "ClamAV": lambda: f"installed, {clamav.installed()}, the tests start one of their own",
    "Chromium": lambda: f"found, {chromium.installed()}",
}


def _here_or_private(is_reachable: bool, installed: Callable[[], object]) -> str:
    if is_reachable:
        return "reachable, used as it is"
    installed()
    return "installed, the tests start one of their own"


def main() -> int:
    """Print one line a service; 1 when something is missing."""
    complaints = []
    for name, have in SERVICES.items():
        try:
            print(f"{name}: {have()}", flush=True)
        except Missing as missing:
            complaints.append(f"{name}: {missing}")
    print("\n".join(complaints), file=sys.stderr, end="\n" if complaints else "")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
