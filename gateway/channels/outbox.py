"""The Maildir that stands for a relay while none is configured."""

import asyncio
import os
from pathlib import Path

from gateway.channels.failure import SendFailed


class Outbox:
    """`<data dir>/outbox`: each file is one mail to one envelope recipient, and says so on top."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def send(self, sender: str, recipient: str, mail: bytes, name: str) -> None:
        """Return once the file is durable; the same `name` replaces it, so a retry makes no second mail."""
        envelope = f"Return-Path: <{sender}>\nDelivered-To: {recipient}\n".encode("ascii")
        try:
            # Files on this machine end lines as the machine does; the wire's CRLF is the relay's.
            await asyncio.to_thread(self._write, envelope + mail.replace(b"\r\n", b"\n"), name)
        except OSError as error:
            raise SendFailed("the outbox cannot be written") from error

    async def close(self) -> None:
        """Nothing is kept open."""

    def _write(self, content: bytes, name: str) -> None:
        for part in ("tmp", "new", "cur"):
            (self._folder / part).mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = self._folder / "tmp" / name
        with open(temporary, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, self._folder / "new" / name)
        descriptor = os.open(self._folder / "new", os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
