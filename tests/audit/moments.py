"""When things happen in these tests."""

from datetime import UTC, datetime

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
