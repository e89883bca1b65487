"""Read the text of a mail in one go, up to CRLF.CRLF and not an octet further (RFC 5321 §4.1.1.4)."""

import asyncio

from gateway.channels.smtp_limits import Doorkeeper

_END = b"\r\n.\r\n"


class Incoming:
    """The octets of one DATA command; whatever does not fit is read on and dropped.

    Only CRLF ends a line: a bare LF or CR is an octet like any other, so no dot after one can end
    the mail early (SECURITY.md S01). What the client sent after the end stays in the reader.
    """

    def __init__(self, limit: int, doorkeeper: Doorkeeper) -> None:
        self._limit = limit
        self._doorkeeper = doorkeeper
        self._pieces: list[bytes] = []
        self._size = 0
        self._reserved = 0
        self.is_too_large = False
        self.is_without_room = False

    async def read(self, reader: asyncio.StreamReader) -> bytes | None:
        """The mail without its transparency dots; None where it was dropped."""
        # The line end of the DATA command itself precedes the first line: a mail may be empty.
        reader._buffer[:0] = b"\r\n"  # type: ignore[attr-defined]  # noqa: SLF001
        while True:
            try:
                self._keep(await reader.readuntil(_END))
                break
            except asyncio.LimitOverrunError as longer:
                self._keep(await reader.readexactly(longer.consumed))
        if self.is_too_large or self.is_without_room:
            return None
        return self._content()

    def release(self) -> None:
        """Give back the memory that was reserved; the mail is stored or refused by now."""
        self._pieces.clear()
        self._doorkeeper.give_back(self._reserved)
        self._reserved = 0

    def _keep(self, piece: bytes) -> None:
        # With the line end put in front and without the last dot's, as many octets as `_END` has are not mail.
        self._size += len(piece)
        if self._size > self._limit + len(_END):
            self.is_too_large = True
        elif not self._doorkeeper.reserve(len(piece)):
            self.is_without_room = True
        else:
            self._reserved += len(piece)
            self._pieces.append(piece)
        if self.is_too_large or self.is_without_room:
            self._pieces.clear()

    def _content(self) -> bytes:
        data = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        self._pieces.clear()
        # Without the final dot's line; a dot that begins a line was doubled by the client.
        data = data[:-3]
        return data.replace(b"\r\n.", b"\r\n")[2:] if b"\r\n." in data else data[2:]
