"""The load: a process of its own that speaks raw SMTP over kept connections.

`python -m benchmarks.client HOST:PORT CONNECTIONS plain|journey|signed:KEYFILE COUNT SIZE SEED` prints one JSON
line: when the first connection was made, when the last answer came, how many were not 250.
"""

import asyncio
import json
import sys
import time
from collections.abc import Iterator

import uvloop

from benchmarks.mails import TO, Mail, journey, plain, signed


def main(address: str, connections: int, kind: str, count: int, size: int, seed: int) -> None:
    kind, _, key_file = kind.partition(":")
    if kind == "signed":
        mails = signed(count, size, seed, key_file)
    else:
        mails = journey(count, seed) if kind == "journey" else plain(count, size, seed)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(json.dumps(runner.run(_send_all(address, connections, mails))))


async def _send_all(address: str, connections: int, mails: list[Mail]) -> dict[str, float]:
    host, _, port = address.rpartition(":")
    remaining = iter(mails)
    began = time.monotonic()
    refused = await asyncio.gather(*(_session(host, int(port), remaining) for _ in range(connections)))
    return {"began": began, "ended": time.monotonic(), "refused": sum(refused)}


async def _session(host: str, port: int, remaining: Iterator[Mail]) -> int:
    reader, writer = await asyncio.open_connection(host, port)
    await _answer(reader)
    await _ask(reader, writer, b"EHLO bench.example\r\n")
    refused = 0
    for mail in remaining:
        await _ask(reader, writer, f"MAIL FROM:<{mail.sender}>\r\n".encode())
        await _ask(reader, writer, f"RCPT TO:<{TO}>\r\n".encode())
        await _ask(reader, writer, b"DATA\r\n")
        refused += await _ask(reader, writer, mail.raw + b".\r\n") != 250
    await _ask(reader, writer, b"QUIT\r\n")
    writer.close()
    return refused


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, line: bytes) -> int:
    writer.write(line)
    return await _answer(reader)


async def _answer(reader: asyncio.StreamReader) -> int:
    while (line := await reader.readline())[3:4] == b"-":
        pass
    return int(line[:3] or 0)


if __name__ == "__main__":
    _, address, connections, kind, count, size, seed = sys.argv
    main(address, int(connections), kind, int(count), int(size), int(seed))
