"""The command `guiche` over an installation of the test's own."""

import base64
import json
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.harness.process import GUICHE, clean_environment

KEY = f"test:{base64.b64encode(b'0' * 32).decode()}"


@dataclass(frozen=True)
class Command:
    """Runs the command with settings of its own, as an operator does in a shell."""

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def data_dir(self) -> Path:
        return self.folder / "var"

    def start(self, *arguments: str, **more: str) -> "subprocess.Popen[str]":
        """Begin the command and do not wait."""
        settings = {"GUICHE_DATA_DIR": str(self.data_dir), **self.settings, **more}
        return subprocess.Popen(
            [GUICHE, *arguments], env=clean_environment(settings), cwd=self.folder,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def __call__(self, *arguments: str, code: int = 0, **more: str) -> "Done":
        """Run the command to its end, and demand its exit code."""
        process = self.start(*arguments, **more)
        out, error = process.communicate(timeout=120)
        assert process.returncode == code, f"guiche {arguments}: {process.returncode}\n{out}{error}"
        assert "Traceback" not in error
        return Done(out, error)

    def json(self, *arguments: str) -> Any:
        """What it prints with `--json`."""
        return json.loads(self(*arguments, "--json").out)


@dataclass(frozen=True)
class Done:
    """What the command printed."""

    out: str
    error: str
