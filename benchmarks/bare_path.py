"""The ceiling of the whole path: SMTP, one confirmed publish, one transaction a batch, and no product.

`python -m benchmarks.bare_path smtp|worker|both DATABASE_URL BROKER_URL NAME` prints its address
(`-` without SMTP) and runs until it is ended. No policy, no speakers, no events, no deliveries:
headers, the first text part, the ticket by References, rows, and the raw mail, which any desk keeps.
"""

import asyncio
import email
import hashlib
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from email.message import Message
from pathlib import Path
from typing import Any

import uvloop

from benchmarks.bare_rabbit import BareRabbit, bare_rabbit
from benchmarks.bulk_smtp import BulkSMTP
from core import clock
from core.attachments import StoredBlob
from core.database import open_database, transaction
from core.ids import new_id
from core.queues import Publication
from core.tickets.tables import Entry, Intake, StoredMessageId, Ticket
from gateway.brokers.local import LocalQueue

BATCH = 100


class Front:
    """Answers 250 once the mail is durable."""

    def __init__(self, queue: Any) -> None:
        self._queue = queue

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        await self._queue.publish(envelope.content)
        return "250 OK"


class BareLocal:
    """The embedded queue with the two verbs the bare path needs."""

    def __init__(self, path: Path) -> None:
        self._queue = LocalQueue(path)
        self._consumer: Any = None

    async def publish(self, body: bytes) -> None:
        name = new_id().hex
        await self._queue.publish("bare", [Publication(name, name, body)])

    async def next_batch(self, limit: int) -> Sequence[Any]:
        if self._consumer is None:
            reading = self._queue.consume("bare", limit=limit, linger=timedelta(milliseconds=5))
            self._consumer = await reading.__aenter__()
        leases: Sequence[Any] = await self._consumer.next_batch()
        return leases

    async def ack(self, batch: Sequence[Any]) -> None:
        await self._consumer.ack(batch)


async def main(role: str, database_url: str, broker_url: str, name: str) -> None:
    async with _queue(broker_url, name) as queue:
        print(await _listen(queue) if role != "worker" else "-", flush=True)
        if role == "smtp":
            await asyncio.Event().wait()
        async with open_database(database_url):
            await Worker(queue).run()


@asynccontextmanager
async def _queue(broker_url: str, name: str) -> AsyncIterator[BareRabbit | BareLocal]:
    if broker_url == "local:":
        yield BareLocal(Path(name))
        return
    async with bare_rabbit(broker_url, name) as queue:
        yield queue


async def _listen(queue: BareRabbit | BareLocal) -> str:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: BulkSMTP(Front(queue), hostname="bare.example", loop=loop, data_size_limit=None), "127.0.0.1", 0
    )
    host, port = server.sockets[0].getsockname()
    return f"{host}:{port}"


class Worker:
    """Batches of mails become rows."""

    def __init__(self, queue: BareRabbit | BareLocal) -> None:
        self._queue = queue
        self._last_ticket = 0

    async def run(self) -> None:
        while True:
            batch = await self._queue.next_batch(BATCH)
            await self._file([_body(each) for each in batch])
            await self._queue.ack(batch)  # type: ignore[arg-type]

    async def _file(self, raws: Sequence[bytes]) -> None:
        mails = [email.message_from_bytes(raw) for raw in raws]
        known = await self._known(mails)
        rows: dict[type, list[Any]] = {
            Ticket: [], Entry: [], StoredMessageId: [], Intake: [], StoredBlob: [],
        }  # fmt: skip
        for raw, mail in zip(raws, mails, strict=True):
            self._add(raw, mail, known, rows)
        async with transaction():
            for table, made in rows.items():
                if made:
                    await table.bulk_create(made)  # type: ignore[attr-defined]

    async def _known(self, mails: Sequence[Message]) -> dict[str, int]:
        wanted = [mail["References"] for mail in mails if mail["References"]]
        found = await StoredMessageId.filter(message_id__in=wanted).values_list("message_id", "ticket_id")
        return dict(found)

    def _add(self, raw: bytes, mail: Message, known: dict[str, int], rows: dict[type, list[Any]]) -> None:
        now, name = clock.now(), mail["Message-ID"]
        ticket_id = known.get(mail["References"] or "")
        is_reply = ticket_id is not None
        if ticket_id is None:
            ticket_id = self._last_ticket = self._last_ticket + 1
            rows[Ticket].append(Ticket(
                id=ticket_id, protocol=str(ticket_id), title=mail["Subject"], status="open", sector="n1",
                opened_via="email", opened_by=mail["From"], opened_at=now,
            ))  # fmt: skip
        known[name] = ticket_id
        text, digest = _text(mail), hashlib.sha256(raw).hexdigest()
        rows[Entry].append(Entry(
            id=new_id(), ticket_id=ticket_id, seq=1 + is_reply, kind="inbound", visibility="public",
            author_role="customer", author_name="", channel="email", text=text, full_text=text, at=now,
            threaded_by="references" if is_reply else "new", authentication="none", raw_digest=digest,
        ))  # fmt: skip
        rows[StoredMessageId].append(StoredMessageId(id=new_id(), message_id=name, ticket_id=ticket_id))
        rows[Intake].append(Intake(
            id=new_id(), dedupe_key=digest, channel="email", outcome="filed",
            received_at=now, decided_at=now,
        ))  # fmt: skip
        rows[StoredBlob].append(StoredBlob(digest=digest, content=raw, created_at=now))


def _body(arrived: Any) -> bytes:
    return bytes(arrived.body if hasattr(arrived, "body") else arrived.publication.body)


def _text(mail: Message) -> str:
    for part in mail.walk():
        if part.get_content_type() == "text/plain":
            content = part.get_payload(decode=True)
            return content.decode("utf-8", "replace") if isinstance(content, bytes) else ""
    return ""


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(*sys.argv[1:5]))
