"""One mail as it lies in an archive."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from gateway.ingest.header_block import Budget, Headers, read_headers

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_MAX_DATE = 200


@dataclass(frozen=True, slots=True)
class Piece:
    """A mail of an archive, or with `trouble` (`too_large`, `unreadable`) only the place where one lies.

    `place` names it to the operator, `done` is how far the archive is read with it. `kept_at` and
    `sender` are what the archive itself says of its time and its envelope, where it does.
    """

    place: str
    done: int
    raw: bytes = b""
    kept_at: datetime | None = None
    sender: str = ""
    trouble: str = ""


def time_of(piece: Piece, headers: Headers, now: datetime) -> datetime | None:
    """When the mail was written, within reason; by the archive where its Date tells nothing."""
    written = parsed_date(headers.first("date")[:_MAX_DATE].decode("ascii", "replace")) or piece.kept_at
    return min(max(written, EARLIEST), now) if written else None


def sender_of(piece: Piece, headers: Headers) -> str:
    """The envelope's sender, empty for a machine's report (RFC 5321 §4.4, §4.5.5)."""
    path = headers.first("return-path").decode("ascii", "replace").strip()
    if path == "<>":
        return ""
    sender = path.strip("<>") or piece.sender
    return "" if sender.upper().startswith("MAILER-DAEMON") else sender or "unknown"


def headers_of(raw: bytes) -> Headers:
    """The mail's own header block."""
    return read_headers(raw, 0, len(raw), Budget())


def parsed_date(text: str) -> datetime | None:
    """A date of RFC 5322, or of asctime as mailbox files have it; None for what is none."""
    try:
        date = parsedate_to_datetime(text)
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
