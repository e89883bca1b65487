"""A mail as far as we understand it, one frozen value."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from pydantic import ConfigDict

from core.message import Address
from gateway.ingest.header_dates import date_of
from gateway.ingest.mail_files import MailAttachment


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as far as we understand it; the raw bytes say the rest.

    `from_addr` may be repaired and is for display; `identity` is the single strict RFC 5322 From,
    or None. Message-IDs stand without angle brackets, `references` oldest first as the header has
    them. `fingerprint` is what names the mail beside its body, which begins at `body_at`.
    """

    __pydantic_config__: ClassVar = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    subject: str = ""
    from_name: str = ""
    from_addr: str = ""
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    message_id: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    date_header: bytes = b""
    text: str = ""
    reply_text: str = ""
    html: str = ""
    attachments: tuple[MailAttachment, ...] = ()
    is_auto_reply: bool = False
    is_bounce: bool = False
    is_report: bool = False
    is_bulk: bool = False
    identity: Address | None = None
    flags: tuple[str, ...] = ()
    fingerprint: bytes = b""
    body_at: int = 0

    @property
    def date(self) -> datetime | None:
        """When it says it was written: read when somebody asks, for no rule of ours does."""
        return date_of(self.date_header)

    def as_json(self) -> dict[str, object]:
        """What `guiche parse` prints (INTERFACES.md §3)."""
        return {
            "subject": self.subject,
            "from_addr": self.from_addr,
            "to": [each.email for each in self.to],
            "cc": [each.email for each in self.cc],
            "message_id": self.message_id,
            "in_reply_to": self.in_reply_to,
            "references": list(self.references),
            "date": self.date.isoformat() if self.date else None,
            "text": self.text,
            "reply_text": self.reply_text,
            "html": self.html,
            "attachments": [
                {"filename": each.filename, "content_type": each.content_type, "size": each.size}
                for each in self.attachments
            ],
            "is_auto_reply": self.is_auto_reply,
            "is_bounce": self.is_bounce,
        }
