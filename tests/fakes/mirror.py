"""A relay whose other end answers: it hands each mail on to whoever plays the recipient."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.services.ports import free_port

Player = Callable[["Passed"], None]


@dataclass(frozen=True)
class Passed:
    """One mail that left a house, with its envelope."""

    mail_from: str
    to: str
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        return cast("EmailMessage", message_from_bytes(self.raw, policy=policy.default))


@dataclass
class Mirror:
    """`players` by recipient's address act on what reaches them, each mail in a thread of its own."""

    url: str = ""
    players: dict[str, Player] = field(default_factory=dict)
    passed: list[Passed] = field(default_factory=list)
    _threads: list[threading.Thread] = field(default_factory=list)

    def to(self, address: str) -> list[Passed]:
        return [each for each in self.passed if each.to == address]

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        for recipient in envelope.rcpt_tos:
            mail = Passed(envelope.mail_from or "", recipient, content)
            self.passed.append(mail)
            if player := self.players.get(recipient.lower()):
                thread = threading.Thread(target=player, args=(mail,), daemon=True)
                self._threads.append(thread)
                thread.start()
        return "250 OK"

    def join(self) -> None:
        """Wait until nobody is answering any more."""
        while self._threads:
            self._threads.pop().join()


@contextmanager
def mirror(**options: Any) -> Iterator[Mirror]:
    """A mirror on a free port of this machine until the block ends."""
    port = free_port()
    handler = Mirror(url=f"smtp://127.0.0.1:{port}")
    controller = Controller(handler, hostname="127.0.0.1", port=port, server_kwargs=options)
    controller.start()
    try:
        yield handler
    finally:
        handler.join()
        controller.stop()
