"""Canaries: a random token in every entry and file, and a naive model of the rights that watches the sink.

The model knows nothing of the product's own rules; it is written from INTERFACES.md §5 and §7 alone.
"""

import random
import secrets
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from core import clock
from core.attachments import keep
from core.deliveries import Delivery
from core.errors import Refused
from core.message import Attachment
from core.people.tables import Agent, Person
from core.settings import Settings
from core.tickets.acting import ActionBody, act
from core.tickets.intake import file_batch
from core.tickets.letters import PostOffice
from core.tickets.office import Office
from core.tickets.replying import EntryDraft, add_entry
from core.tickets.tables import Participant, Ticket
from gateway.channels.email_out import EmailOut
from gateway.dispatch import deliver
from tests.harness.outbox import read_outbox
from tests.tickets.conftest import Cast, Say, acting, token_claim

SITUATIONS = 2_000
NOBODYS = -1


@pytest.fixture
def migrated_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """One database is enough: who may read what does not differ by it."""
    return f"sqlite://{shutil.copy(migrated_sqlite, tmp_path / 'guiche.sqlite3')}"


@dataclass
class Desk:
    """The desk under random load; `told` holds each canary's ticket and whether it is public."""

    office: Office
    cast: Cast
    say: Say
    rng: random.Random
    channel: EmailOut
    folder: Path
    told: dict[str, tuple[int, bool]] = field(default_factory=dict)
    seen: Counter[str] = field(default_factory=Counter)
    sent: int = 0

    def canary(self, ticket: Ticket | None, *, public: bool) -> str:
        """A text nobody can guess; without a ticket it is not settled yet whose it is."""
        token = f"canary{secrets.token_hex(16)}"
        self.told[token] = (ticket.id if ticket else 0, public)
        return token

    async def file(self, ticket: Ticket | None, *, public: bool) -> tuple[Attachment, ...]:
        if self.rng.random() < 0.7:
            return ()
        content = f"anexo {self.canary(ticket, public=public)}".encode()
        return (Attachment(filename="a.txt", content_type="text/plain", blob=await keep(self.office.blobs, content)),)

    async def customer_opens(self, _: Ticket | None) -> None:
        who = self.rng.choice([self.cast.ana, self.cast.bea, self.cast.carla])
        tokens = self.canary(None, public=True), self.canary(None, public=True)
        files = await self.file(None, public=True)
        await file_batch(
            [self.say(who, title=f"Assunto {tokens[0]}", text=f"texto {tokens[1]}", attachments=files)],
            self.office, clock.now(),
        )  # fmt: skip
        opened = await Ticket.get_or_none(title__contains=tokens[0])
        self._settle(opened.id if opened else NOBODYS)

    def _settle(self, ticket_id: int) -> None:
        for token, (known, public) in self.told.items():
            if not known:
                self.told[token] = (ticket_id, public)

    async def customer_writes(self, ticket: Ticket) -> None:
        """By a reply address that may have been forwarded to anybody (T07)."""
        who = self.rng.choice([self.cast.ana, self.cast.bea, self.cast.carla])
        token, files = self.canary(None, public=True), await self.file(None, public=True)
        # What is held is nobody's entry; were it told to anybody of the ticket, that would be a leak, too.
        self._settle(ticket.id if await _may_hear(who.email, ticket, public=True) else NOBODYS)
        claims = (token_claim(ticket.id, self.cast.ana),)
        is_automatic = self.rng.random() < 0.2
        await file_batch(
            [self.say(who, text=token, claims=claims, is_automatic=is_automatic, attachments=files)],
            self.office, clock.now(),
        )  # fmt: skip

    async def agent_writes(self, ticket: Ticket) -> None:
        public = self.rng.random() < 0.5
        draft = EntryDraft(
            self.canary(ticket, public=public), "public" if public else "internal",
            await self.file(ticket, public=public), self.rng.choice(["api", "console"]),
        )  # fmt: skip
        await add_entry(ticket.protocol, draft, acting(self.agent()), self.office)

    async def agent_mails(self, ticket: Ticket) -> None:
        """From his own mail program: a reply, a note by command, or an answer to a note's notice (T09)."""
        agent = self.agent()
        internal, is_note = self.rng.random() < 0.3, self.rng.random() < 0.3
        command = self.rng.choice(["", "", "#pendente\n", "#encerrar\n", "#assumir\n", "#prioridade alta\n"])
        public = not (internal or is_note)
        text = f"{'#nota' if is_note else ''}\n{command}{self.canary(ticket, public=public)}".lstrip("\n")
        files = await self.file(ticket, public=public)
        claims = (token_claim(ticket.id, agent, internal=internal),)
        await file_batch([self.say(agent, text=text, claims=claims, attachments=files)], self.office, clock.now())

    async def agent_acts(self, ticket: Ticket) -> None:
        action = self.rng.choice(["close", "cancel", "pending", "resume", "reopen", "start", "release", "forward", "assign"])
        public = action in ("close", "cancel")
        token = self.canary(ticket, public=public)
        body = ActionBody(
            sector=self.rng.choice(["n1", "n2"]) if action == "forward" else None,
            agent=self.agent().email if action == "assign" else None,
            reason=token, text=token, fields={"resolution": token} if action == "close" else {},
        )  # fmt: skip
        await act(ticket.protocol, action, body, acting(self.agent()), self.office)

    async def participant_changes(self, ticket: Ticket) -> None:
        person = self.rng.choice([self.cast.bea, self.cast.carla])
        if await Participant.filter(ticket_id=ticket.id, person_id=person.id).delete() == 0:
            await Participant.create(ticket_id=ticket.id, person_id=person.id, added_by="agent:1", added_at=clock.now())

    async def rights_change(self, _: Ticket) -> None:
        """Between writing and sending: what counts is the moment it leaves (O04, O19)."""
        if self.rng.random() < 0.5:
            person = self.rng.choice([self.cast.ana, self.cast.bea, self.cast.carla])
            await Person.filter(id=person.id).update(
                may_speak=self.rng.random() < 0.7, blocked=self.rng.random() < 0.2
            )
        else:
            agent = self.rng.choice([self.cast.clara, self.cast.diego])
            await Agent.filter(id=agent.id).update(
                sector=self.rng.choice(["n1", "n2"]), blocked=self.rng.random() < 0.2
            )

    def agent(self) -> Agent:
        return self.rng.choice([self.cast.clara, self.cast.diego, self.cast.lia])

    async def send_all(self) -> None:
        """Let everything leave that waits, then look at the sink with the rights of this very moment."""
        await Delivery.filter(state="queued").update(next_try_at=clock.now())
        waiting = [row.id for row in await Delivery.filter(state__in=["queued", "retrying"])]
        await deliver(waiting, self.channel, self.office)
        self.sent += len(waiting)
        for mail in read_outbox(self.folder):
            heard = _words(mail.message)
            for token in _tokens(heard):
                ticket_id, public = self.told[token]
                ticket = await Ticket.get_or_none(id=ticket_id)
                assert ticket is not None, f"{mail.to} heard what belongs to no ticket"
                assert await _may_hear(mail.to, ticket, public), f"{mail.to} heard {public=} of ticket {ticket_id}"
                self.seen["public" if public else "internal"] += 1
        shutil.rmtree(self.folder, ignore_errors=True)


def _words(message: object) -> str:
    """Everything a reader of the mail could see, headers and files decoded."""
    parts = [str(value) for _, value in message.items()]  # type: ignore[attr-defined]
    for part in message.walk():  # type: ignore[attr-defined]
        if not part.is_multipart():
            parts.append(part.get_payload(decode=True).decode("utf-8", "replace"))
    return "\n".join(parts)


def _tokens(text: str) -> set[str]:
    pieces = text.replace("\r", "").replace("\n ", " ").split("canary")[1:]
    return {f"canary{piece[:32]}" for piece in pieces}


async def _may_hear(address: str, ticket: Ticket, public: bool) -> bool:
    agent = await Agent.get_or_none(email=address)
    if agent is not None:
        is_his = ticket.sector == agent.sector or ticket.agent_id == agent.id or agent.role in ("direction", "admin")
        return not agent.blocked and is_his
    person = await Person.get_or_none(email=address)
    if person is None or not public or not person.may_speak or person.blocked:
        return False
    is_participant = await Participant.exists(ticket_id=ticket.id, person_id=person.id)
    is_colleague = person.organization_id == ticket.organization_id
    return person.id == ticket.requester_id or is_participant or is_colleague


@pytest.fixture
async def desk(office: Office, cast: Cast, say: Say, rng: random.Random, tmp_path: Path) -> AsyncIterator[Desk]:
    settings = Settings(data_dir=tmp_path / "out", base_url="http://desk.example:8080")
    channel = EmailOut(settings, PostOffice(office.profile, office.signing, settings.base_url), office.blobs)
    yield Desk(office, cast, say, rng, channel, settings.data_dir / "outbox")
    await channel.close()


async def test_I5_I6_O01_O03_O04_O19_no_canary_reaches_an_address_without_the_right(desk: Desk) -> None:
    deeds: list[tuple[Callable[[Ticket], Awaitable[None]], int]] = [
        (desk.customer_opens, 1), (desk.customer_writes, 4), (desk.agent_writes, 5), (desk.agent_mails, 4),
        (desk.agent_acts, 3), (desk.participant_changes, 2), (desk.rights_change, 2),
    ]  # type: ignore[list-item]  # fmt: skip
    await desk.customer_opens(None)
    situations = 0
    while desk.sent < SITUATIONS:
        situations += 1
        deed = desk.rng.choices([each for each, _ in deeds], [weight for _, weight in deeds])[0]
        ticket = desk.rng.choice(await Ticket.all())
        try:
            await deed(ticket)
        except Refused:
            continue  # He had no right to do it, which is as good.
        if desk.rng.random() < 0.7:
            await desk.send_all()
        assert situations < 50 * SITUATIONS
    await desk.send_all()

    # A sink that hears nothing would prove nothing.
    assert desk.seen["public"] > SITUATIONS // 10
    assert desk.seen["internal"] > SITUATIONS // 20
