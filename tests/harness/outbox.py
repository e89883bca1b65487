"""Reading the Maildir of what left the house."""

from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import cast


@dataclass(frozen=True)
class SentMail:
    """One mail to one envelope recipient."""

    raw: bytes
    message: EmailMessage

    def __getitem__(self, header: str) -> str:
        return str(self.message[header] or "")

    @property
    def to(self) -> str:
        """The envelope recipient."""
        return self["Delivered-To"].strip("<> ")

    @property
    def return_path(self) -> str:
        return self["Return-Path"].strip("<> ")

    @property
    def subject(self) -> str:
        return self["Subject"]

    @property
    def reply_to(self) -> str:
        """The address an answer goes to."""
        return self.message["Reply-To"].addresses[0].addr_spec

    @property
    def message_id(self) -> str:
        return self["Message-ID"].strip()

    @property
    def text(self) -> str:
        part = self.message.get_body(("plain",))
        return cast("EmailMessage", part).get_content() if part is not None else ""


def read_outbox(folder: Path) -> list[SentMail]:
    """The mails in a Maildir, oldest first."""
    paths = [path for name in ("new", "cur") for path in (folder / name).glob("*")]
    return [_read(path) for path in sorted(paths, key=lambda path: (path.stat().st_mtime_ns, path.name))]


def _read(path: Path) -> SentMail:
    raw = path.read_bytes()
    return SentMail(raw, cast("EmailMessage", message_from_bytes(raw, policy=policy.default)))
