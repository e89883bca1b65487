"""What an organization's people may do by a channel where that differs from the profile, as its row keeps it."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from pydantic import TypeAdapter, ValidationError

from core.errors import InvalidFields
from core.message import Override
from core.profile import Profile

_ADAPTER: TypeAdapter[tuple[Override, ...]] = TypeAdapter(tuple[Override, ...])


@lru_cache(1_000)
def overrides_of(text: str) -> tuple[Override, ...]:
    """The overrides a row keeps; nothing is none."""
    return _ADAPTER.validate_json(text) if text else ()


def spelled(overrides: Sequence[Override]) -> str:
    """The overrides as the row keeps them."""
    return _ADAPTER.dump_json(tuple(overrides)).decode() if overrides else ""


def override_of(channel: str, may: Sequence[str], since: str | None, until: str | None) -> Override:
    """An override as somebody typed it; raises `InvalidFields` for words and days that are none."""
    try:
        return Override.model_validate({"channel": channel, "may": tuple(may), "since": since, "until": until})
    except ValidationError as error:
        raise InvalidFields({str(each["loc"][0]): ["makes no sense here"] for each in error.errors()}) from error


def require_official(overrides: Sequence[Override], profile: Profile, now: datetime) -> None:
    """Raise `InvalidFields` for a channel that is not official, now or from some day on, and for no time at all."""
    errors: dict[str, list[str]] = {}
    for at, each in enumerate(overrides):
        if not _is_ever_official(each.channel, profile, now):
            errors[f"overrides.{at}.channel"] = ["not an official channel of the profile"]
        if each.since and each.until and each.until <= each.since:
            errors[f"overrides.{at}.until"] = ["must be later than it begins"]
    if errors:
        raise InvalidFields(errors)


def _is_ever_official(channel: str, profile: Profile, now: datetime) -> bool:
    rule = profile.channels.get(channel)
    return rule is not None and (profile.is_official(channel, now) or any(each.may for each in rule.changes))
