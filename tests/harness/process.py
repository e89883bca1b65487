"""One `guiche` process: started, waited for, killed or stopped."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

GUICHE = Path(sys.executable).with_name("guiche")
START_SECONDS = 60
STOP_SECONDS = 30


def clean_environment(settings: Mapping[str, str]) -> dict[str, str]:
    """This process's environment with exactly these `GUICHE_` settings."""
    inherited = {name: text for name, text in os.environ.items() if not name.startswith("GUICHE_")}
    return {**inherited, "PYTHONUNBUFFERED": "1", **settings}


@dataclass
class GuicheProcess:
    """`guiche` with `arguments` in a data directory of its own."""

    name: str
    arguments: Sequence[str]
    data_dir: Path
    settings: dict[str, str]
    ready: dict[str, Any] = field(default_factory=dict)
    _popen: "subprocess.Popen[bytes] | None" = None

    @property
    def pid(self) -> int:
        assert self._popen is not None, f"{self.name} was never started"
        return self._popen.pid

    @property
    def log_path(self) -> Path:
        return self.data_dir.parent / f"{self.name}.log"

    @property
    def log(self) -> str:
        return self.log_path.read_text("utf-8", "replace")

    def is_running(self) -> bool:
        return self._popen is not None and self._popen.poll() is None

    def start(self) -> None:
        """Start, and wait until `ready.json` says that it serves."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        # What a killed process left behind is not this one's word.
        (self.data_dir / "ready.json").unlink(missing_ok=True)
        with self.log_path.open("ab") as log:
            self._popen = subprocess.Popen(
                [GUICHE, *self.arguments], env=self._environment(), cwd=self.data_dir.parent,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )
        self.ready = self._wait_until_ready()
        self._keep_ports()

    def _environment(self) -> dict[str, str]:
        return clean_environment({**self.settings, "GUICHE_DATA_DIR": str(self.data_dir)})

    def _wait_until_ready(self) -> dict[str, Any]:
        path, deadline = self.data_dir / "ready.json", time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if not self.is_running():
                break
            if path.exists():
                ready: dict[str, Any] = json.loads(path.read_text("utf-8"))
                return ready
            time.sleep(0.02)
        self.end()
        raise AssertionError(f"{self.name} did not become ready:\n{self.log[-6000:]}")

    def _keep_ports(self) -> None:
        # A restart listens where the first start did, as it would in a real house.
        for role in ("smtp", "http"):
            if self.ready.get(role):
                self.settings[f"GUICHE_{role.upper()}_LISTEN"] = self.ready[role]

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal and see that it is what ended the process."""
        assert self._popen is not None and self.is_running(), f"{self.name} was not running"
        self._popen.send_signal(number)
        returned = self._popen.wait(STOP_SECONDS)
        assert returned == -number, f"{self.name} ended with {returned}, not by signal {number}"

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Ask it to end, and demand that it ends well (INTERFACES.md §7)."""
        assert self._popen is not None and self.is_running(), f"{self.name} had ended:\n{self.log[-6000:]}"
        self._popen.send_signal(number)
        try:
            returned = self._popen.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.end()
            raise AssertionError(f"{self.name} did not end on signal {number}:\n{self.log[-6000:]}") from None
        assert returned == 0, f"{self.name} ended with {returned}:\n{self.log[-6000:]}"
        assert not (self.data_dir / "ready.json").exists()

    def end(self) -> None:
        """End it whatever it takes; harmless when it has ended."""
        if self._popen is not None and self.is_running():
            self._popen.kill()
            self._popen.wait(STOP_SECONDS)
