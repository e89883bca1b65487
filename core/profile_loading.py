"""Reading a profile strictly: every mistake is told at once, by the place where it stands."""

import re
import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from core.errors import Misconfigured
from core.profile import MAILBOX_LOCAL_PART, MailboxPurpose, Profile

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
    complaints = [f"{source}: {text}" for text in _mistakes_of(profile)]
    if complaints:
        raise Misconfigured(complaints)
    return profile


def _complaint(source: str, error: Any) -> str:
    path = ""
    for part in error["loc"]:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    message = "no such key" if error["type"] == "extra_forbidden" else error["msg"]
    return f"{source}: {path}: {message}"


def _mistakes_of(profile: Profile) -> list[str]:
    """What no single part can see: names that must exist, and names that must not repeat."""
    found = []
    if not any(box.purpose is MailboxPurpose.SUPPORT for box in profile.mailboxes):
        found.append("mailboxes: none has the purpose support")
    for index, box in enumerate(profile.mailboxes):
        if len(box.address.partition("@")[0]) > MAILBOX_LOCAL_PART:
            found.append(
                f"mailboxes[{index}].address: local part over {MAILBOX_LOCAL_PART} characters leaves"
                " no room for the signed reply address"
            )
        if box.category and profile.category(box.category) is None:
            found.append(f"mailboxes[{index}].category names no category")
    for index, move in enumerate(profile.moves):
        for end in ("source", "target"):
            if not profile.has_sector(getattr(move, end)):
                found.append(f"moves[{index}].{end} names no sector")
    for index, category in enumerate(profile.categories):
        if category.sector and not profile.has_sector(category.sector):
            found.append(f"categories[{index}].sector names no sector")
    found += _channel_mistakes(profile)
    for part in ("sectors", "categories", "forms"):
        slugs = [each.slug for each in getattr(profile, part)]
        found += [f"{part}: {slug} stands twice" for slug in sorted({s for s in slugs if slugs.count(s) > 1})]
    found += [
        f"protocol: {complaint}" for complaint in _protocol_complaints(profile.protocol)
    ]
    return found


def _channel_mistakes(profile: Profile) -> list[str]:
    found = []
    for slug, rule in profile.channels.items():
        if [each.since for each in rule.changes] != sorted({each.since for each in rule.changes}):
            found.append(f"channels.{slug}.changes: must stand in the order of their days")
        for index, exception in enumerate(rule.exceptions):
            if not profile.has_sector(exception.sector):
                found.append(f"channels.{slug}.exceptions[{index}].sector names no sector")
    return found


def _protocol_complaints(template: str) -> list[str]:
    allowed = r"\{date:%Y%m%d\}|\{seq:0[0-9]d\}|\{check\}|[0-9A-Z-]"
    rest = re.sub(allowed, "", template)
    complaints = [f"does not understand {rest!r}"] if rest else []
    if "{date:%Y%m%d}" not in template or "{seq:" not in template:
        complaints.append("needs {date:%Y%m%d} and {seq:06d}")
    return complaints
