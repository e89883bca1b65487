"""A client that says exactly what it is told, right or wrong."""

import asyncio
import ssl
from contextlib import suppress
from dataclasses import dataclass

PATIENCE = 30


@dataclass
class Client:
    """One connection; answers are read whole and told as text."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    async def connect(cls, port: int, from_address: str = "127.0.0.1") -> "Client":
        return cls(
            *await asyncio.open_connection("127.0.0.1", port, limit=2**20, local_addr=(from_address, 0))
        )

    async def answer(self) -> str:
        """The next answer, without line ends; empty where the connection was closed."""
        lines = []
        while True:
            async with asyncio.timeout(PATIENCE):
                line = (await self.reader.readline()).decode("ascii")
            lines.append(line.rstrip("\r\n"))
            if line[3:4] != "-":
                return "\n".join(lines)

    async def say(self, line: str | bytes) -> str:
        await self.write(line if isinstance(line, bytes) else line.encode(), b"\r\n")
        return await self.answer()

    async def write(self, *data: bytes) -> None:
        self.writer.write(b"".join(data))
        await self.writer.drain()

    async def greet(self) -> "Client":
        """Past the banner and EHLO."""
        assert (await self.answer()).startswith("220 ")
        assert (await self.say("EHLO client.example")).startswith("250-")
        return self

    async def post(self, raw: bytes, mail_from: str, *recipients: str) -> str:
        """One transaction; the first refusal, or the answer after DATA."""
        for line in (f"MAIL FROM:<{mail_from}>", *(f"RCPT TO:<{each}>" for each in recipients), "DATA"):
            answer = await self.say(line)
            if answer[0] in "45":
                return answer
        await self.write(stuffed(raw), b".\r\n")
        return await self.answer()

    async def is_closed(self) -> bool:
        """Whether the other side closes, after whatever it still has to say."""
        async with asyncio.timeout(PATIENCE):
            with suppress(ConnectionError):
                await self.reader.read()
            return True

    async def start_tls(self) -> None:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        await self.writer.start_tls(context)

    async def close(self) -> None:
        self.writer.close()
        with suppress(ConnectionError, ssl.SSLError):
            await self.writer.wait_closed()


def stuffed(raw: bytes) -> bytes:
    """With CRLF at the end and transparency dots (RFC 5321 §4.5.2)."""
    raw = raw if raw.endswith(b"\r\n") else raw + b"\r\n"
    return (b"\r\n" + raw).replace(b"\r\n.", b"\r\n..")[2:]
