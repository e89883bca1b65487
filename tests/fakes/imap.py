"""An IMAP server that writes down every line it hears, and can be as hostile or as slow as a test wants."""

import asyncio
import base64
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

CAPABILITIES = "IMAP4rev1 SASL-IR AUTH=PLAIN AUTH=XOAUTH2 IDLE MOVE UIDPLUS NAMESPACE"


@dataclass
class FakeImap:
    """One INBOX. What it does wrong is set before or while it serves."""

    mails: dict[int, bytes] = field(default_factory=dict)
    capabilities: str = CAPABILITIES
    sizes: dict[int, int] = field(default_factory=dict)  # what it claims instead of the truth
    literal: str = ""  # announced instead of a body's size
    drip: float = 0.0  # seconds between the bytes of a body
    hangs_up_on: set[int] = field(default_factory=set)  # a body that ends the connection
    deaf_to: str = ""  # a command that is never answered
    flood: bytes = b""  # said without end instead of an answer to SEARCH
    prefix: str = ""  # of the user's own folders
    greeting: bytes = b"* OK ready\r\n"
    token: str = ""  # the only access token that may log in
    news_with_idle: bytes = b""  # said in the same breath as IDLE's "+"
    refuses_to_move: bool = False
    lines: list[bytes] = field(default_factory=list)
    connections: int = 0
    moved: dict[str, list[int]] = field(default_factory=dict)
    port: int = 0
    _idle: asyncio.Event = field(default_factory=asyncio.Event)

    def url(self, mailbox: str, user: str = "u", password: str = "p", folder: str = "INBOX", **more: str) -> str:
        tail = "".join(f"&{name}={value}" for name, value in more.items())
        return f"imap://{user}:{password}@127.0.0.1:{self.port}/{folder}?mailbox={mailbox}{tail}"

    def arrive(self, mail: bytes) -> int:
        """A mail comes; whoever idles is told."""
        uid = max([*self.mails, *(uid for uids in self.moved.values() for uid in uids)], default=0) + 1
        self.mails[uid] = mail
        self._idle.set()
        return uid

    def heard(self, word: str) -> list[bytes]:
        """The command lines with `word` in them."""
        return [line for line in self.lines if word.encode() in line]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            with suppress(OSError, asyncio.IncompleteReadError):
                writer.write(self.greeting)
                while line := await reader.readline():
                    self.lines.append(line)
                    if not await self._answer(line.rstrip(b"\r\n").decode("latin-1"), reader, writer):
                        break
                    await writer.drain()
        finally:
            writer.transport.abort()

    async def _answer(  # noqa: C901 - one branch a command
        self, line: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        tag, _, rest = line.partition(" ")
        words = rest.split(" ")
        command = " ".join(words[:2]) if words[0] == "UID" else words[0]
        if self.deaf_to and command == self.deaf_to:
            await asyncio.sleep(3_600)
        say = writer.write
        if command == "CAPABILITY":
            say(f"* CAPABILITY {self.capabilities}\r\n".encode())
        elif command == "STARTTLS" and b"\r\nt " in self.greeting:
            return True  # answered before it was asked
        elif command == "AUTHENTICATE":
            if not await self._log_in(words, tag, reader, writer):
                return True
        elif command == "SELECT":
            say(f"* {len(self.mails)} EXISTS\r\n* OK [UIDVALIDITY 7] v\r\n* OK [UIDNEXT 99] n\r\n".encode())
            say(f"{tag} OK [READ-WRITE] done\r\n".encode())
            return True
        elif command == "NAMESPACE":
            prefix = f"{{{len(self.prefix)}}}\r\n{self.prefix}" if "\r" in self.prefix else f'"{self.prefix}"'
            say(f'* NAMESPACE (({prefix} "/")) NIL NIL\r\n'.encode())
        elif command == "LIST":
            say(b'* LIST (\\HasNoChildren) "/" ' + words[-1].encode() + b"\r\n")
        elif command == "STATUS":
            say(b"* STATUS x (UIDVALIDITY 7 UIDNEXT 1)\r\n")
        elif command == "UID SEARCH":
            if self.flood:
                while True:
                    say(self.flood)
                    await writer.drain()
            first = int(re.findall(r"[0-9]+", words[-1])[0])
            found = [uid for uid in self.mails if uid >= first] or list(self.mails)[-1:]
            say(b"* SEARCH " + " ".join(map(str, found)).encode() + b"\r\n")
        elif command == "UID FETCH":
            return await self._fetch(words, tag, writer)
        elif command == "UID MOVE":
            if self.refuses_to_move:
                say(f"{tag} NO [NOPERM] not here\r\n".encode())
                return True
            for uid in [int(each) for each in words[2].split(",")]:
                self.mails.pop(uid, None)
                self.moved.setdefault(words[3].strip('"'), []).append(uid)
        elif command == "IDLE":
            self._idle.clear()
            say(b"+ idling\r\n" + self.news_with_idle)
            if not self.news_with_idle:
                await self._idling(reader, writer)
            else:
                self.lines.append(await reader.readline())
        elif command == "LOGOUT":
            say(b"* BYE\r\n")
        say(f"{tag} OK done\r\n".encode())
        return True

    async def _log_in(
        self, words: list[str], tag: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        writer.write(b"+ \r\n")
        answer = await reader.readline()
        self.lines.append(answer)
        said = base64.b64decode(answer).decode()
        if words[1] == "XOAUTH2" and f"auth=Bearer {self.token}\x01" not in said:
            writer.write(b"+ eyJzdGF0dXMiOiI0MDEifQ==\r\n")
            await reader.readline()
            writer.write(f"{tag} NO [AUTHENTICATIONFAILED] u is wrong\r\n".encode())
            return False
        return True

    async def _fetch(self, words: list[str], tag: str, writer: asyncio.StreamWriter) -> bool:
        uids = [int(each) for each in words[2].split(",") if int(each) in self.mails]
        for uid in uids:
            mail = self.mails[uid]
            if "BODY" not in words[3]:
                writer.write(f"* {uid} FETCH (UID {uid} RFC822.SIZE {self.sizes.get(uid, len(mail))})\r\n".encode())
                continue
            if uid in self.hangs_up_on:
                return False
            announced = self.literal or str(len(mail))
            writer.write(f"* {uid} FETCH (UID {uid} BODY[] {{{announced}}}\r\n".encode())
            for at in range(0, len(mail), 1 if self.drip else len(mail)):
                writer.write(mail[at : at + (1 if self.drip else len(mail))])
                if self.drip:
                    await writer.drain()
                    await asyncio.sleep(self.drip)
            writer.write(b")\r\n")
        writer.write(f"{tag} OK done\r\n".encode())
        return True

    async def _idling(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        done = asyncio.create_task(reader.readline())
        news = asyncio.create_task(self._idle.wait())
        await asyncio.wait({done, news}, return_when=asyncio.FIRST_COMPLETED)
        if not done.done():
            writer.write(f"* {len(self.mails)} EXISTS\r\n".encode())
        self.lines.append(await done)
        news.cancel()
        if self.deaf_to == "DONE":
            await asyncio.sleep(3_600)


@asynccontextmanager
async def fake_imap(**wishes: object) -> AsyncIterator[FakeImap]:
    """A server on loopback that behaves as wished."""
    fake = FakeImap(**wishes)  # type: ignore[arg-type]
    tasks: set[asyncio.Task[None]] = set()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(fake.serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    fake.port = server.sockets[0].getsockname()[1]
    try:
        yield fake
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0.02)
