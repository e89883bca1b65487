"""What guards a session: who may sit down, how many errors are borne, how long a mail may take."""

import asyncio
import ssl
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog
from aiosmtpd.smtp import SMTP, TLSSetupException

from gateway.channels.smtp_answers import OUR_TROUBLE
from gateway.channels.smtp_limits import Doorkeeper, Peer, peer_of

MAX_ERRORS = 20
MAX_IDLE_COMMANDS = 100
COMMAND_SECONDS = 300.0
TRANSACTION_SECONDS = 600.0

_IDLE = ("NOOP", "RSET", "HELO", "EHLO", "VRFY", "EXPN", "HELP", "AUTH")

_log = structlog.get_logger(__name__)

Command = Callable[[str | None], Awaitable[None]]


class _Commands(dict[str, Command]):
    """The commands by name; every other name is answered by `unknown`."""

    def __init__(self, known: dict[str, Command], unknown: Command) -> None:
        super().__init__(known)
        self._unknown = unknown

    def get(self, name: str, default: object = None) -> Command:  # noqa: ARG002 - dict's signature
        return super().get(name, self._unknown)


class GuardedSession(SMTP):
    """aiosmtpd's loop under limits (SECURITY.md S14 to S16); subclasses bring the commands."""

    # The reader's limit too, so that mail comes in large pieces; a command is held to its own size.
    line_length_limit = 64 * 1024
    command_size_limit = 2_048
    command_size_limits: dict[str, int] = defaultdict(lambda: 2_048)  # as aiosmtpd has it

    def __init__(self, doorkeeper: Doorkeeper, domain: str, size_limit: int, tls: ssl.SSLContext | None) -> None:
        super().__init__(
            None,
            data_size_limit=size_limit,
            # Never advertised: it keeps 8-bit commands readable, so that they get an answer of their own.
            enable_SMTPUTF8=True,
            hostname=domain,
            ident="ESMTP",
            tls_context=tls,
            timeout=COMMAND_SECONDS,
            auth_exclude_mechanism=["LOGIN", "PLAIN"],
            loop=asyncio.get_running_loop(),
        )
        self.doorkeeper = doorkeeper
        self.is_trusted = False
        self.peer = ""
        self._seat: str | None = None
        self._is_turned_away = False
        self._errors = 0
        self._idle_commands = 0
        self._deadline: asyncio.TimerHandle | None = None
        commands = _Commands(self._smtp_methods, self._unknown)
        for name in _IDLE:
            commands[name] = self._counted(commands[name])
        self._smtp_methods = commands

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self.transport is None:
            peer: Peer | None = peer_of(transport.get_extra_info("peername"))
            self.peer = str(peer or "")
            self.is_trusted = self.doorkeeper.is_trusted(peer)
            if not self.is_trusted and (seat := self.doorkeeper.enter(peer)) is None:
                self._turn_away(transport)
                return
            self._seat = None if self.is_trusted else seat
        super().connection_made(transport)

    def _turn_away(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._is_turned_away = True
        transport.write(b"421 4.7.0 Too many connections, please try again later\r\n")
        transport.close()

    def data_received(self, data: bytes) -> None:
        if not self._is_turned_away:
            super().data_received(data)

    def eof_received(self) -> bool | None:
        return False if self._is_turned_away else super().eof_received()

    def connection_lost(self, error: Exception | None) -> None:
        if self._is_turned_away:
            return
        if self._seat is not None:
            self.doorkeeper.leave(self._seat)
            self._seat = None
        self.stop_clock()
        super().connection_lost(error)

    def start_clock(self) -> None:
        """From now on this mail has ten minutes, however slowly its octets come (S15)."""
        self.stop_clock()
        self._deadline = self.loop.call_later(TRANSACTION_SECONDS, self._give_up)

    def stop_clock(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        if self.transport is not None:
            self._writer.write(b"421 4.4.2 This mail took too long\r\n")
            self.transport.close()

    async def push(self, status: str | bytes) -> None:
        """Answer; the twentieth error is the last (S16)."""
        text = status.decode("ascii") if isinstance(status, bytes) else status
        self._writer.write(text.encode("ascii", "replace") + b"\r\n")
        if text[0] in "45" and not text.startswith("550 5.7.1"):
            self._errors += 1
            is_his_fault = text[0] == "5" and not text.startswith("552 ")
            is_patience_over = is_his_fault and self._seat is not None and not self.doorkeeper.bears(self._seat)
            if self._errors >= MAX_ERRORS or is_patience_over:
                self._writer.write(b"421 4.7.0 Too many errors\r\n")
                self._leave()
        with suppress(ConnectionError):
            # Also lets a closed connection end this session before it reads on.
            await self._writer.drain()

    def _leave(self) -> None:
        if self.transport is not None:
            self.transport.close()

    def mail_taken(self) -> None:
        """A mail was answered: what was said around it was not idle talk."""
        self._idle_commands = 0

    def _counted(self, command: Command) -> Command:
        async def counted(argument: str | None) -> None:
            self._idle_commands += 1
            if self._idle_commands > MAX_IDLE_COMMANDS:
                await self.push("421 4.7.0 Too many commands without a mail")
                self._leave()
            else:
                await command(argument)

        return counted

    async def _unknown(self, _: str | None) -> None:
        await self.push("500 5.5.2 Command not recognized")

    async def handle_exception(self, error: Exception) -> str:
        """Our own trouble is temporary, and its words are for nobody outside (SECURITY.md M1)."""
        if not isinstance(error, (TLSSetupException, ConnectionError)):
            _log.error("smtp_session_failed", exc_info=error)
        return OUR_TROUBLE
