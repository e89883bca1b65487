"""Reading a profile strictly: every mistake is told at once, by the place where it stands."""

import re
import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from core.errors import Misconfigured
from core.profile import Profile
from core.profile_mistakes import mistakes_of

SHIPPED = Path(__file__).parent / "profiles"


def load_profile(name_or_path: str) -> Profile:
    """A shipped profile by name, or a file by its path; raises `Misconfigured` with all mistakes."""
    path = profile_path(name_or_path)
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise Misconfigured([f"{path.name}: {error.strerror}"]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Misconfigured([f"{path.name}: {error}"]) from error
    return parse_profile(table, path.name)


def profile_path(name_or_path: str) -> Path:
    """The file of a shipped profile, or the path itself."""
    shipped = SHIPPED / f"{name_or_path}.toml"
    is_name = re.fullmatch(r"[a-z0-9-]+", name_or_path)
    return shipped if is_name and shipped.exists() else Path(name_or_path)


def parse_profile(table: dict[str, Any], source: str) -> Profile:
    """The profile in `table`; `source` names the file in complaints."""
    try:
        profile = Profile.model_validate(table)
    except ValidationError as error:
        raise Misconfigured([_complaint(source, each) for each in error.errors()]) from error
    complaints = [f"{source}: {text}" for text in mistakes_of(profile)]
    if complaints:
        raise Misconfigured(complaints)
    return profile


def _complaint(source: str, error: Any) -> str:
    path = ""
    for part in error["loc"]:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    message = "no such key" if error["type"] == "extra_forbidden" else error["msg"]
    return f"{source}: {path}: {message}"
