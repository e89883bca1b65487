"""The commands of a session that takes mail for our mailboxes: no AUTH, no relaying."""

import ssl
from dataclasses import dataclass
from typing import Protocol

from gateway.channels.smtp_answers import (
    MAX_RECIPIENTS,
    NO_RECIPIENT,
    NO_ROOM,
    TOO_LARGE,
    recipient_fault,
    sender_fault,
)
from gateway.channels.smtp_data import Incoming
from gateway.channels.smtp_guard import GuardedSession
from gateway.channels.smtp_limits import Doorkeeper
from gateway.channels.smtp_paths import Path, parse_path


@dataclass(frozen=True, slots=True)
class Delivered:
    """A whole mail and its envelope. The sender is empty for a bounce (RFC 5321 §4.5.5)."""

    raw: bytes
    mail_from: str
    recipients: tuple[str, ...]
    peer_is_trusted: bool
    peer: str = ""
    helo: str = ""


class Door(Protocol):
    """What stands behind the session."""

    domain: str
    size_limit: int
    doorkeeper: Doorkeeper
    tls: ssl.SSLContext | None

    def refusal_of(self, recipient: str) -> str | None:
        """None when the address is ours, else the reply that says why not."""

    async def take(self, mail: Delivered) -> str:
        """Store the mail durably and return the reply; any exception means our own trouble."""


class MailSession(GuardedSession):
    """One conversation: EHLO, STARTTLS, MAIL, RCPT, DATA; 250 only after `Door.take` returned."""

    def __init__(self, door: Door) -> None:
        super().__init__(door.doorkeeper, door.domain, door.size_limit, door.tls)
        self._door = door

    @property
    def is_busy(self) -> bool:
        """Whether a mail is under way."""
        return self._sender is not None

    def dismiss(self) -> None:
        """The house closes: between two mails nobody loses anything (RFC 5321 §3.8)."""
        if self.transport is not None and not self.transport.is_closing():
            self._writer.write(b"421 4.3.2 We are closing, please try again later\r\n")
            self._leave()

    def _set_post_data_state(self) -> None:
        super()._set_post_data_state()  # type: ignore[no-untyped-call]
        self.stop_clock()
        self._sender: str | None = None
        self._recipients: list[str] = []

    async def smtp_EHLO(self, hostname: str | None) -> None:
        """Say what we can do (RFC 5321 §4.1.1.1)."""
        if not hostname:
            await self.push("501 5.5.4 Syntax: EHLO hostname")
            return
        self._set_post_data_state()
        assert self.session is not None
        self.session.extended_smtp = True
        self.session.host_name = hostname
        lines = [self._door.domain, f"SIZE {self._door.size_limit}", "8BITMIME", "PIPELINING", "ENHANCEDSTATUSCODES"]
        if self.tls_context is not None and self._tls_protocol is None:
            lines.append("STARTTLS")
        last = lines.pop()
        self._writer.write("".join(f"250-{line}\r\n" for line in lines).encode("ascii"))
        await self.push(f"250 {last}")

    async def smtp_STARTTLS(self, argument: str | None) -> None:
        """Encrypt what follows; what the client sent too early is dropped (S02, S03)."""
        if argument:
            await self.push("501 5.5.4 Syntax: STARTTLS")
        elif self.tls_context is None or self._tls_protocol is not None:
            await self.push("503 5.5.1 STARTTLS is not offered")
        else:
            await super().smtp_STARTTLS("")

    async def smtp_AUTH(self, _: str | None) -> None:
        """Nobody logs in here: who a sender is, his mail proves."""
        if self.tls_context is not None and self._tls_protocol is None:
            await self.push("530 5.7.0 Must issue a STARTTLS command first")
        else:
            await self.push("503 5.5.1 AUTH is not offered")

    async def smtp_VRFY(self, _: str | None) -> None:
        """The same words for every address (S18)."""
        await self.push("252 2.5.0 Send the mail and see")

    async def smtp_HELP(self, _: str | None) -> None:
        """As little as the standard allows."""
        await self.push("214 2.0.0 See RFC 5321")

    async def smtp_MAIL(self, argument: str | None) -> None:
        """Begin a mail; the empty path is a bounce's."""
        path = parse_path(argument, "FROM:")
        refusal = self._mail_refusal(path)
        if path is None or refusal:
            await self.push(refusal or "501 5.5.4 Syntax: MAIL FROM:<address>")
            return
        self._sender = path.address
        self.start_clock()
        await self.push("250 2.1.0 OK")

    def _mail_refusal(self, path: Path | None) -> str | None:
        assert self.session is not None
        if not self.session.host_name:
            return "503 5.5.1 Send EHLO first"
        if self._sender is not None:
            return "503 5.5.1 One mail at a time"
        return sender_fault(path, self._door.size_limit)

    async def smtp_RCPT(self, argument: str | None) -> None:
        """Add a recipient of ours."""
        path = parse_path(argument, "TO:")
        if self._sender is None:
            await self.push("503 5.5.1 Send MAIL first")
        elif fault := recipient_fault(path, self._door.refusal_of):
            await self.push(fault)
        elif len(self._recipients) >= MAX_RECIPIENTS:
            await self.push("452 4.5.3 Too many recipients")
        else:
            assert path is not None
            self._recipients.append(path.address)
            await self.push("250 2.1.5 OK")

    async def smtp_DATA(self, argument: str | None) -> None:
        """Take the mail; every policy answer comes here (S19)."""
        if argument:
            await self.push("501 5.5.4 Syntax: DATA")
            return
        if self._sender is None or not self._recipients:
            await self.push(NO_RECIPIENT)
            return
        await self.push("354 End with <CRLF>.<CRLF>")
        # The clock of the whole mail runs; the one of single commands would cut a slow one short.
        self._reset_timeout(2 * self._timeout_duration)
        incoming = Incoming(self._door.size_limit, self._door.doorkeeper)
        try:
            answer = await self._answer(incoming)
            await self.push(answer)
        finally:
            incoming.release()
            self._set_post_data_state()
        self.mail_taken()
        if answer.startswith("421 "):
            self._leave()  # that is what the number says (RFC 5321 §3.8)

    async def _answer(self, incoming: Incoming) -> str:
        raw = await incoming.read(self._reader)
        self.stop_clock()
        if raw is None:
            return TOO_LARGE if incoming.is_too_large else NO_ROOM
        assert self._sender is not None
        assert self.session is not None
        mail = Delivered(
            raw=raw, mail_from=self._sender, recipients=tuple(dict.fromkeys(self._recipients)),
            peer_is_trusted=self.is_trusted, peer=self.peer, helo=self.session.host_name or "",
        )  # fmt: skip
        return await self._door.take(mail)
