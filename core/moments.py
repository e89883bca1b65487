"""Times as somebody hands them in: RFC 3339, or a date that stands for the whole day."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo


def moment_of(
    given: Mapping[str, str], name: str, zone: tzinfo, errors: dict[str, list[str]], *, is_end: bool = False
) -> datetime | None:
    """The time of parameter `name`, None where it is missing; what is none is told in `errors`.

    A date is the day's beginning in `zone`, or its last moment where it `is_end` of a period.
    """
    text = given.get(name, "")
    if not text:
        return None
    try:
        return _end_of_day(text, zone) if is_end and _is_date(text) else instant(text, zone)
    except (ValueError, OverflowError):
        errors[name] = ["must be a time as in RFC 3339"]
        return None


def instant(text: str, zone: tzinfo = UTC) -> datetime:
    """An RFC 3339 time, in `zone` where it names none; ValueError or OverflowError for anything else."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    return moment.astimezone(UTC)  # what UTC cannot say, no database can


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _end_of_day(text: str, zone: tzinfo) -> datetime:
    tomorrow = datetime.combine(date.fromisoformat(text) + timedelta(days=1), time(), zone)
    return tomorrow.astimezone(UTC) - timedelta.resolution
