"""A real mail door, the worker behind it, and a simulator beside both."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from core import clock
from core.attachments import FileBlobs
from core.database import query
from core.deliveries import Delivery
from core.keys import Key, SealingKeys, Token, TokenKind
from core.message import decode
from core.people import blocks
from core.people.actor import SYSTEM
from core.people.blocks import NewBlock
from core.people.tables import Agent, Person
from core.tickets.intake import file_batch
from core.tickets.office import Office
from core.tickets.return_addresses import return_path
from core.tickets.tables import Intake, Ticket
from gateway.simulated import Envelope, Simulated
from gateway.simulating import simulate
from tests.fakes.dns import SERVFAIL, FakeDns, fake_dns
from tests.smtp.conftest import OpenDoor, cast, open_door
from tests.smtp.mails import ANA, SUPPORT, mail

__all__ = ["cast", "open_door"]

HERE = "v=spf1 ip4:127.0.0.1 -all"


@dataclass
class World:
    """Ana has two tickets, one of them closed long ago; Org B's name server is out of order."""

    door: OpenDoor
    office: Office
    open: Ticket
    closed: Ticket
    bounce_path: str

    async def post(self, raw: bytes, mail_from: str, *recipients: str) -> str:
        """Bring a mail by SMTP and file what the door took; the answer."""
        answer = await (await self.door.guest()).post(raw, mail_from, *recipients)
        taken = [decode(each.body) for each in self.door.queue.publications]
        self.door.queue.publications.clear()
        await file_batch(taken, self.office, clock.now())
        return answer

    async def simulate(self, raw: bytes, mail_from: str | None = None, *recipients: str, peer: str = "127.0.0.1") -> Simulated:
        envelope = Envelope(recipients, mail_from, peer, "client.example")
        return await simulate(raw, envelope, self.door.desk, clock.now())

    def plus(self, kind: TokenKind, subject_id: int) -> str:
        """A reply address of the open ticket."""
        token = self.door.desk.signing.sign(Token(kind, self.open.id, subject_id), clock.now())
        return f"atendimento+{token}@instituicoes.example"


@pytest.fixture
def dns() -> Iterator[FakeDns]:
    """The domains of Org A and of the desk's agents let this machine send; Org B's server is out of order."""
    with fake_dns() as server:
        server.texts |= {name: [HERE] for name in ("org-a.example", "instituicoes.example")}
        server.texts["_dmarc.org-a.example"] = ["v=DMARC1; p=none"]
        server.troubles["org-b.example"] = SERVFAIL
        yield server


@pytest.fixture
async def world(open_door: Any, dns: FakeDns, tmp_path: Any) -> AsyncIterator[World]:
    async with open_door(GUICHE_TRUSTED_NETWORKS="", GUICHE_DNS_SERVER=dns.setting) as door:
        sealing = SealingKeys([Key("test", b"0" * 32)])
        office = Office(door.desk.profile, door.desk.signing, sealing, FileBlobs(tmp_path / "blobs"))
        keys = blocks.Keys(office.signing, sealing)
        await blocks.add(NewBlock("envio.example", "teste"), office.profile, keys, SYSTEM, clock.now())
        world = World(door, office, None, None, "")  # type: ignore[arg-type]
        for number in (1, 2):
            await world.post(mail(message_id=f"<a{number}@org-a.example>"), ANA, SUPPORT)
        first, second = await Ticket.all().order_by("id")
        long_ago = clock.now() - timedelta(days=100)
        await Ticket.filter(id=second.id).update(status="closed", closed_at=long_ago)
        acknowledgement = await Delivery.get(ticket_id=first.id, kind="acknowledgement")
        world.open, world.closed = first, second
        world.bounce_path = return_path(acknowledgement, SUPPORT, office.signing)
        yield world


async def everything() -> dict[str, list[dict[str, Any]]]:
    """Every row of every table of the open SQLite database."""
    tables = await query("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name", [])
    return {each["name"]: await query(f'SELECT * FROM "{each["name"]}"', []) for each in tables}


async def became() -> tuple[str, str | None]:
    """What the ledger says of the mail it saw last."""
    row = await Intake.all().order_by("-decided_at").first()
    assert row is not None
    return row.outcome, row.reason


async def ids() -> dict[str, int]:
    """The cast by name."""
    people = {each.email.partition("@")[0]: each.id for each in await Person.all()}
    return people | {each.email.partition("@")[0]: each.id for each in await Agent.all()}
