"""The Date header, for display alone: a mail's place in time is when we received it (SECURITY.md P13)."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_MAX_DATE = 200
_COMMENT = re.compile(r"\([^()]*+\)")
# `09:00:00GMT-03:00`: an offset in all the ways but the one of RFC 5322 §3.3.
_OFFSET = re.compile(r"(:[0-9]{2}) ?(?:GMT|UTC)? ?([+-][0-9]{2}):?([0-9]{2})$", re.ASCII)
# A zone nobody can be at: the date is kept and the zone is not.
_ZONE = re.compile(r"[ \t][+-][0-9]{1,6}$", re.ASCII)


def date_of(value: bytes) -> datetime | None:
    """The date in `value` with its zone, UTC where it names none; None for one no calendar has."""
    text = " ".join(_COMMENT.sub(" ", value[:_MAX_DATE].decode("ascii", "replace")).split()).strip(" \"'")
    if not text:
        return None
    for read in (_internet, _iso, _without_zone):
        try:
            date = read(text)
            zoned = date if date.tzinfo else date.replace(tzinfo=UTC)
            return zoned.astimezone(zoned.tzinfo)
        except (ValueError, TypeError, IndexError, OverflowError, AttributeError):
            continue
    return None


def _internet(text: str) -> datetime:
    return parsedate_to_datetime(_OFFSET.sub(r"\1 \2\3", text))


def _iso(text: str) -> datetime:
    return datetime.fromisoformat(text.replace(" UTC", "+00:00"))


def _without_zone(text: str) -> datetime:
    return parsedate_to_datetime(_ZONE.sub("", text))
