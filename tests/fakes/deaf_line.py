"""A TCP line to a server that can go deaf: open connections stay open and carry nothing more."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


class DeafLine:
    """Forwards to a port on loopback; what connects after `go_deaf` is served again."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._heard = asyncio.Event()
        self._heard.set()
        self._lines: set[asyncio.StreamWriter] = set()
        self.port = 0

    def go_deaf(self) -> None:
        """Let every connection of this moment carry nothing more, in either direction."""
        self._heard.clear()
        self._heard = asyncio.Event()
        self._heard.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard = self._heard
        near, far = (reader, writer), await asyncio.open_connection("127.0.0.1", self._target)
        self._lines |= {near[1], far[1]}
        await asyncio.gather(_pass_on(near[0], far[1], heard), _pass_on(far[0], near[1], heard))

    def close(self) -> None:
        for line in self._lines:
            line.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, heard: asyncio.Event) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            if heard.is_set():
                writer.write(data)
                await writer.drain()
        if heard.is_set():
            writer.close()


@asynccontextmanager
async def deaf_line(target: int) -> AsyncIterator[DeafLine]:
    """A line to `target` at `port`."""
    line = DeafLine(target)
    server = await asyncio.start_server(line.serve, "127.0.0.1", 0)
    line.port = server.sockets[0].getsockname()[1]
    try:
        yield line
    finally:
        server.close()
        line.close()
        await asyncio.sleep(0.05)
