"""One connection to an IMAP server: encrypted or on this machine, bounded in bytes, and ended in time."""

import imaplib
import re
import socket
import ssl
import time
from typing import Any

from imapclient import IMAPClient

from core.imap_accounts import ImapAccount

CONNECT_SECONDS = 15.0
COMMAND_SECONDS = 60.0
# A literal may take as much longer as a slow line needs for it, and no more (SECURITY.md N05).
SLOWEST = 64 * 1024  # bytes a second
# What one command may be answered with beside its literals: a list of half a million messages fits.
MAX_LINE = 8 * 1024 * 1024
MAX_ANSWER = 12 * 1024 * 1024

_PIECE = 64 * 1024
_LINE_COSTS = 256  # a million of short lines is more work than their bytes tell
_GREETING = re.compile(rb"\* OK\b")
_STARTED = re.compile(rb"t OK\b")


class _Bounded(imaplib.IMAP4):
    """imaplib with reading of our own: its `read` believes any size, and waits as long as bytes drip in."""

    def __init__(self, account: ImapAccount, max_literal: int, seconds: float) -> None:
        self._account = account
        self._max_literal = max_literal
        self._buffer = bytearray()
        self.allow(seconds)
        super().__init__(account.host, account.port)

    def allow(self, seconds: float) -> None:
        """Whatever comes next must be over in so many seconds."""
        self._deadline = time.monotonic() + seconds
        self._left = MAX_ANSWER

    def open(self, host: str = "", port: int = 143, timeout: float | None = None) -> None:  # noqa: ARG002
        """Connect; called by imaplib before it reads the greeting."""
        self.host, self.port = host, port
        self.sock = socket.create_connection((host, port), timeout=CONNECT_SECONDS)
        try:
            _keep_alive(self.sock)
            if self._account.is_tls:
                self._encrypt()
            elif not self._account.is_here:
                self._start_tls()
        except BaseException:
            self.sock.close()
            raise

    def _start_tls(self) -> None:
        """STARTTLS before anything is believed: no password of ours crosses a network in the clear."""
        greeting = self.readline()
        self.sock.sendall(b"t STARTTLS\r\n")
        answer = self.readline()
        while answer.startswith(b"* "):
            answer = self.readline()
        # A greeting that skips the login, or bytes before the handshake, come from somebody in between.
        if not _GREETING.match(greeting) or not _STARTED.match(answer) or self._buffer:
            raise self.abort("the server does not offer STARTTLS")
        self._encrypt()
        self._buffer += b"* OK encrypted\r\n"  # imaplib waits for a greeting of its own

    def _encrypt(self) -> None:
        context = ssl.create_default_context(cafile=self._account.ca)
        self.sock = context.wrap_socket(self.sock, server_hostname=self._account.host)

    def read(self, size: int) -> bytes:
        """A literal of `size` bytes; refused before it is read when it is larger than we take (N06)."""
        if size > self._max_literal:
            raise self.abort("a literal is larger than we accept")
        self._left += size
        self._deadline += size / SLOWEST
        while len(self._buffer) < size:
            self._receive()
        return self._taken(size)

    def readline(self) -> bytes:
        """One line; refused when it does not end."""
        searched = 0
        while (end := self._buffer.find(b"\n", searched)) < 0:
            searched = len(self._buffer)
            if searched > MAX_LINE:
                raise self.abort("a line does not end")
            self._receive()
        self._left -= _LINE_COSTS
        return self._taken(end + 1)

    def _taken(self, size: int) -> bytes:
        taken = bytes(memoryview(self._buffer)[:size])
        del self._buffer[:size]
        return taken

    def _receive(self) -> None:
        seconds = self._deadline - time.monotonic()
        if seconds <= 0:
            raise TimeoutError("the server is too slow")
        self.sock.settimeout(seconds)
        piece = self.sock.recv(_PIECE)
        self._left -= len(piece)
        if not piece:
            raise self.abort("the server hung up")
        if self._left < 0:
            raise self.abort("an answer does not end")
        self._buffer += piece

    def wait(self, seconds: float) -> None:
        """Return as soon as a whole line is there to be read, at the latest after `seconds`."""
        # Bytes may stand in our buffer already: a poll of the socket would sleep over them.
        self.allow(seconds)
        try:
            while b"\n" not in self._buffer:
                self._receive()
        except TimeoutError:
            return

    def send(self, data: bytes) -> None:  # type: ignore[override]
        """Every byte we ever say goes through here."""
        self.sock.settimeout(max(self._deadline - time.monotonic(), 0.1))
        self.sock.sendall(data)

    def shutdown(self) -> None:
        """Close the connection."""
        self.sock.close()

    def cut(self) -> None:
        """End whatever waits on this connection; the one call that another thread may make."""
        try:
            # Not SSLSocket's own: it would take the ground from under the thread that reads.
            socket.socket.shutdown(self.sock, socket.SHUT_RDWR)
        except OSError:
            return


class Line(IMAPClient):  # type: ignore[misc]
    """An IMAPClient that speaks over a bounded connection."""

    def __init__(self, account: ImapAccount, max_literal: int, seconds: float = CONNECT_SECONDS) -> None:
        self._account = account
        self._max_literal = max_literal
        self._seconds = seconds
        super().__init__(account.host, account.port, ssl=account.is_tls)
        # It would spell out every literal for a log that nobody reads: four times the mail in memory.
        self._imap.debug = 0

    def _create_IMAP4(self) -> Any:  # noqa: N802 - the name that IMAPClient calls
        return _Bounded(self._account, self._max_literal, self._seconds)

    def _set_read_timeout(self) -> None:
        """The bounded connection keeps time itself."""

    @property
    def wire(self) -> _Bounded:
        """The connection underneath."""
        wire: _Bounded = self._imap
        return wire


def _keep_alive(sock: socket.socket) -> None:
    """Let the system notice a line that died while nobody spoke (N05)."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 30), ("TCP_KEEPCNT", 4)):
        if hasattr(socket, name):
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
