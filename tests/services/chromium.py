"""A browser for the pages' tests: the system's Chromium, installed if need be."""

import shutil
from pathlib import Path

from tests.services.packages import program

NAMES = ("chromium", "chromium-browser", "google-chrome")

# Without these Chromium asks its maker for updates; root needs --no-sandbox.
ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)


def installed() -> Path:
    """The browser's path."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    return Path(found) if found else program("chromium", "chromium")
