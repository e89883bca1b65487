"""The only place that reads the time."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present moment, in UTC and with its zone."""
    return datetime.now(UTC)
