"""A relay that does as it is told: takes mail, refuses, hangs, or hangs up."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

HANG = "hang"
DROP = "drop"


@dataclass(frozen=True)
class Taken:
    """One mail the relay took, with its envelope as it came over the wire."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes
    greeting: str


@dataclass
class FakeRelay:
    """Answers each DATA with the next word of `script`: an SMTP answer, HANG or DROP; then 250s."""

    port: int = 0
    script: deque[str] = field(default_factory=deque)
    refuses: dict[str, str] = field(default_factory=dict)
    taken: list[Taken] = field(default_factory=list)
    connections: int = 0

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any
    ) -> str:
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        word = self.script.popleft() if self.script else "250 OK"
        if word == HANG:
            await asyncio.sleep(3600)
        if word == DROP:
            self._take(session, envelope)
            server.transport.abort()
            return "250 nobody hears this"
        if word.startswith("2"):
            self._take(session, envelope)
        return word

    def _take(self, session: Session, envelope: Envelope) -> None:
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        greeting = str(session.host_name)
        self.taken.append(Taken(envelope.mail_from or "", tuple(envelope.rcpt_tos), content, greeting))


@asynccontextmanager
async def fake_relay(**options: Any) -> AsyncIterator[FakeRelay]:
    """A relay on a free port of this machine until the block ends."""
    relay = FakeRelay()
    sessions: set[SMTP] = set()

    def serve() -> SMTP:
        relay.connections += 1
        session = SMTP(relay, hostname="relay.example", **options)
        sessions.add(session)
        return session

    server = await asyncio.get_running_loop().create_server(serve, "127.0.0.1", 0)
    relay.port = server.sockets[0].getsockname()[1]
    try:
        yield relay
    finally:
        server.close()
        for session in sessions:
            if session.transport is not None:
                session.transport.abort()
        await asyncio.sleep(0)
