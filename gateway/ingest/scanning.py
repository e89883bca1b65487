"""What a ClamAV daemon says of the files of a message, asked before the message is stored."""

import asyncio
import struct
from contextlib import suppress
from datetime import timedelta

from core.errors import Unavailable
from core.message import InboundMessage
from core.policy.rules_of_content import INFECTED, NOT_SCANNED

# One stream of bytes each; the daemon itself works on ten at once unless told otherwise.
_AT_ONCE = 8
_PATIENCE = timedelta(seconds=60)
_PIECE = 64 * 1024
_LONGEST_ANSWER = 4096
# Beside the files also the mail itself, which the daemon reads in its own way, where that is cheap.
_SMALL_MAIL = 1024 * 1024
_TOO_LONG = b"size limit exceeded"


class Clamd:
    """A daemon at `host:port`, spoken to with INSTREAM (clamd(8)).

    A client of our own, for the usual one hands each kilobyte through a thread and takes a daemon
    that closes without an answer for one that found nothing.
    """

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._turn = asyncio.Semaphore(_AT_ONCE)

    async def verdict(self, content: bytes) -> str:
        """`INFECTED`, `NOT_SCANNED` for what is beyond the daemon's limit, empty for what is clean.

        Raises `Unavailable` when it does not answer or answers anything else.
        """
        try:
            async with self._turn, asyncio.timeout(_PATIENCE.total_seconds()):
                answer = await self._asked(content)
        except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
            raise Unavailable("the virus scanner does not answer") from error
        if answer.endswith(b": OK"):
            return ""
        if answer.endswith(b" FOUND"):
            return INFECTED
        if _TOO_LONG in answer:
            return NOT_SCANNED
        raise Unavailable("the virus scanner could not look at a file")

    async def _asked(self, content: bytes) -> bytes:
        reader, writer = await asyncio.open_connection(*self._address, limit=_LONGEST_ANSWER)
        # Read from the beginning: beyond its limit the daemon answers and hangs up on the rest.
        answer = asyncio.ensure_future(reader.readuntil(b"\0"))
        try:
            with suppress(ConnectionError):
                await _pour(writer, content, answer)
            return (await answer).rstrip(b"\0")
        except asyncio.LimitOverrunError as error:
            raise Unavailable("the virus scanner speaks another language") from error
        finally:
            answer.cancel()
            # Not closed politely: a daemon that went deaf would never take what is still to be sent.
            writer.transport.abort()


async def _pour(writer: asyncio.StreamWriter, content: bytes, answer: asyncio.Future[bytes]) -> None:
    """Send all of it in pieces, each behind its length, and a length of nothing at the end."""
    writer.write(b"zINSTREAM\0")
    for start in range(0, len(content), _PIECE):
        if answer.done():
            return
        piece = memoryview(content)[start : start + _PIECE]
        writer.write(struct.pack("!L", len(piece)))
        writer.write(piece)
        await writer.drain()
    writer.write(struct.pack("!L", 0))
    await writer.drain()


async def scanned(message: InboundMessage, scanner: Clamd) -> InboundMessage:
    """The message, flagged where a file of it is infected or could not be looked at.

    Each file, and the mail itself where it is small. Raises `Unavailable`: what could not be asked
    about is not let in.
    """
    blobs = {each.blob.digest: each.blob.content for each in message.attachments}
    # Of a mail that could not be read it is all there is.
    is_unread = not message.attachments or "unreadable" in message.flags
    if message.raw is not None and (message.raw.size <= _SMALL_MAIL or is_unread):
        blobs[message.raw.digest] = message.raw.content
    found = {NOT_SCANNED if content is None else await scanner.verdict(content) for content in blobs.values()}
    flags = tuple(sorted(found - {"", *message.flags}))
    return message.model_copy(update={"flags": (*message.flags, *flags)}) if flags else message
