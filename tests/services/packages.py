"""Programs of the system: found, else installed from the system's packages when root, else named."""

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path


class Missing(Exception):
    """A program the tests need is not here and cannot be installed by us."""


def program(name: str, package: str, *folders: str) -> Path:
    """The path of `name`, looked for on PATH and in `folders` (globs); installs `package` if need be."""
    found = _find(name, folders)
    if found is None:
        install(package)
        found = _find(name, folders)
    if found is None:
        raise Missing(f"{name} is missing even with the package {package} installed")
    return found


def _find(name: str, folders: tuple[str, ...]) -> Path | None:
    for folder in folders:
        # The newest of several versions comes last in a natural order.
        candidates = sorted(Path("/").glob(f"{folder.lstrip('/')}/{name}"), key=_version)
        if candidates:
            return candidates[-1]
    on_path = shutil.which(name)
    return Path(on_path) if on_path else None


def _version(path: Path) -> list[int]:
    return [int(part) for part in path.parts if part.isdigit()]


def install(package: str) -> None:
    """Install `package` with apt-get; `Missing` says what to type where that cannot be done here."""
    command = f"apt-get install {package}"
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise Missing(f"{package} is missing; install it (Debian, Ubuntu: sudo {command})")
    print(f"installing {package} from the system's packages …", flush=True)
    _refresh_lists()
    if _apt("install", "-y", "--no-install-recommends", package) != 0:
        raise Missing(f"{command} failed")


@cache
def _refresh_lists() -> None:
    _apt("update")


def _apt(*arguments: str) -> int:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(
        ["apt-get", "-qq", *arguments], env=environment, stdin=subprocess.DEVNULL, check=False
    ).returncode
