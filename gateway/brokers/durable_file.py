"""A SQLite file whose commits survive a power cut, and that its owner alone may read."""

import os
import sqlite3
from pathlib import Path


def open_durable(path: Path, schema: str, *, first: str = "") -> sqlite3.Connection:
    """Connect and run `schema`, harmless again; `first` are settings a file takes only while it is empty."""
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    connection = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
    connection.executescript(first)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    # The log grows with the largest transaction and would keep that size for ever.
    connection.execute(f"PRAGMA journal_size_limit={16 * 1024 * 1024}")
    connection.executescript(schema)
    return connection
