"""Random grants, revocations, messages and sends beside a naive model of the rights: no entry and no send breaks it.

The model is written from INTERFACES.md §5, §6 and §7 alone and shares nothing with the product: a dictionary of
people, one line of channels for each profile, and the sentence that says who has standing.
"""

import random
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from core import clock
from core.attachments import FileBlobs
from core.database import open_database
from core.deliveries import Delivery
from core.errors import Refused
from core.ids import new_id
from core.invariants import broken
from core.keys import Key, SealingKeys, SigningKeys
from core.message import InboundMessage, Intent, decode
from core.people import granting, persons
from core.people.actor import SYSTEM
from core.people.actors import actor_of_agent
from core.people.addresses import canonical_phone
from core.people.directory import Directory
from core.people.persons import NewPerson
from core.people.tables import Agent, Identity, Person
from core.profile_loading import load_profile
from core.settings import Settings, TelegramBot
from core.tickets.intake import file_batch
from core.tickets.letters import Facts
from core.tickets.office import Office
from core.tickets.replying import EntryDraft, add_entry
from core.tickets.tables import Entry, Ticket
from gateway.channels import form, phone, telegram
from gateway.channels.email import MailArrival
from gateway.channels.email import normalise as read_mail
from gateway.dispatch import deliver
from gateway.ingest.desk import Desk
from gateway.ingest.receive import receive
from tests.fakes.queue import MemoryQueue
from tests.harness.post import mail
from tests.people.cast import load_cast

STEPS = 50_000
# INTERFACES.md §6, the table of channels: o(pen), c(omplement).
CHANNELS = {
    "instituicoes": {"email": "oc", "form": "oc", "phone": "c", "telegram": ""},
    "representantes": {"email": "oc", "form": "oc", "phone": "", "telegram": "oc"},
}
QUOTA = {"instituicoes": 2, "representantes": None}
COLLEAGUES = {"instituicoes": True, "representantes": False}
BOT = TelegramBot("guiche", "1:demo", "secret")


@dataclass
class Human:
    """What the model knows of a person; `chat` and `phone` are his, linked and registered."""

    email: str
    organization: str
    role: str
    chat: int
    phone: str
    blocked: bool = False

    @property
    def speaks(self) -> bool:
        return self.role == "key_user" and not self.blocked


@dataclass
class Matter:
    """What the model knows of a ticket."""

    requester: str
    organization: str


@dataclass
class Model:
    """The rights of this very moment, naively."""

    profile: str
    humans: dict[str, Human] = field(default_factory=dict)
    matters: dict[int, Matter] = field(default_factory=dict)

    def may_be_filed(self, who: str, channel: str, intent: str, ticket: int | None) -> bool:
        human = self.humans.get(who)
        if human is None or not human.speaks or intent not in CHANNELS[self.profile][channel]:
            return False
        return ticket is None or self.has_standing(human, ticket)

    def has_standing(self, human: Human, ticket: int) -> bool:
        matter = self.matters[ticket]
        is_colleague = COLLEAGUES[self.profile] and human.organization == matter.organization
        return human.email == matter.requester or is_colleague

    def may_hear(self, address: str, ticket: int) -> bool:
        human = self.humans.get(address)
        return human is not None and human.speaks and self.has_standing(human, ticket)

    def has_place(self, organization: str) -> bool:
        quota = QUOTA[self.profile]
        taken = sum(each.role == "key_user" for each in self.humans.values() if each.organization == organization)
        return quota is None or taken < quota


async def reason_of(deed: Awaitable[object]) -> str | None:
    """Why a deed was refused, None where it was done."""
    try:
        await deed
    except Refused as refused:
        return refused.reason.value
    return None


class Sink:
    """A way out that asks the model about everything that leaves."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.heard: Counter[str] = Counter()

    async def send(self, facts: Facts) -> None:
        kind = facts.delivery.recipient_kind
        self.heard[kind] += 1
        if kind != "person":
            return
        assert facts.ticket is not None
        person = await Person.get(id=facts.delivery.recipient_id)
        assert self.model.may_hear(person.email, facts.ticket.id), f"{facts.delivery.kind} left without the right"
        assert facts.entry is None or facts.entry.visibility == "public"

    async def close(self) -> None: ...


@dataclass
class World:
    """The desk, the model beside it, and what happened."""

    desk: Desk
    office: Office
    queue: MemoryQueue
    model: Model
    sink: Sink
    rng: random.Random
    seen: Counter[str] = field(default_factory=Counter)

    @property
    def profile(self) -> str:
        return self.model.profile

    # Rights.

    async def authorize(self) -> None:
        human = self.rng.choice(list(self.model.humans.values()))
        fits = human.role == "key_user" or self.model.has_place(human.organization)
        stopped = await reason_of(granting.authorize(human.email, self.office.profile, SYSTEM, clock.now()))
        assert stopped == (None if fits else "key_user_quota")
        if stopped is None:
            human.role = "key_user"

    async def revoke(self) -> None:
        human = self.rng.choice(list(self.model.humans.values()))
        await granting.revoke(human.email, SYSTEM, clock.now())
        if human.role == "key_user":
            human.role = "reader"

    async def block(self) -> None:
        human = self.rng.choice(list(self.model.humans.values()))
        stopped = await reason_of(granting.block(human.email, SYSTEM, clock.now()))
        # Org A keeps an administrator; the model leaves that law to its own tests.
        assert stopped in (None, "last_administrator")
        human.blocked = human.blocked or stopped is None

    async def unblock(self) -> None:
        human = self.rng.choice(list(self.model.humans.values()))
        await granting.unblock(human.email, SYSTEM, clock.now())
        human.blocked = False

    # Messages.

    async def message(self) -> None:
        """One message by some channel; sometimes a right changes between the door and the worker."""
        who = self.rng.choice([*self.model.humans, "eva@longe.example"])
        channel = self.rng.choice(["email", "email", "form", "phone", "telegram"])
        ticket = await self._claimed(channel, who)
        intent = "c" if ticket or (channel == "telegram" and await self._own_chat(who)) else "o"
        said = await self._said(channel, who, ticket)
        if said is None:
            return
        at_the_door = self.model.may_be_filed(who, channel, intent, None)
        await receive(said, self.desk)
        if self.rng.random() < 0.2:
            await self.rng.choice([self.revoke, self.block, self.authorize, self.unblock])()
        now = clock.now()
        expected = at_the_door and self.model.may_be_filed(who, channel, intent, ticket.id if ticket else None)
        await file_batch([decode(each.body) for each in self.queue.publications], self.office, now)
        self.queue.publications.clear()
        await self._compare(said, who, ticket, expected=expected)

    async def _compare(self, said: InboundMessage, who: str, ticket: Ticket | None, *, expected: bool) -> None:
        entry = await Entry.get_or_none(intake_id=said.intake_id)
        what = f"{said.channel} of {who} about {ticket.id if ticket else 'nothing'}"
        assert (entry is not None) == expected, f"{what}: filed {entry is not None}, the model says {expected}"
        self.seen[f"{said.channel} {'filed' if entry else 'stopped'}"] += 1
        if entry is None:
            return
        if ticket is not None:
            assert entry.ticket_id == ticket.id, what
        if entry.ticket_id not in self.model.matters:
            self.model.matters[entry.ticket_id] = Matter(who, self.model.humans[who].organization)

    async def _claimed(self, channel: str, who: str) -> Ticket | None:
        if channel == "telegram" or not self.model.matters or self.rng.random() < 0.3:
            return None
        return await Ticket.get(id=self.rng.choice(list(self.model.matters)))

    async def _own_chat(self, who: str) -> bool:
        human = self.model.humans.get(who)
        return human is not None and await Ticket.exists(chat=f"guiche:{human.chat}")

    async def _said(self, channel: str, who: str, ticket: Ticket | None) -> InboundMessage | None:
        now, human = clock.now(), self.model.humans.get(who)
        if channel == "email":
            return await self._mail(who, ticket)
        if channel == "form":
            post = form.FormPost(email=who, message="texto", protocol=ticket.protocol if ticket else "")
            speaker = (await self.desk.directory.by_email(who, now)).speaker
            return form.normalise(form.FormArrival(new_id(), str(new_id()), now, 1, True, post, (), 5), speaker, self.desk)
        if channel == "phone":
            intent = Intent.COMPLEMENT if ticket else Intent.OPEN
            number = canonical_phone(human.phone) if human else "+5511999999999"
            call = phone.Call(intent, "ligou", ticket.protocol if ticket else "", number or "")
            caller = (await self.desk.directory.by_phone(call.caller_phone, now)).speaker
            clara = actor_of_agent(await Agent.get(email=f"clara@{self.profile}.example"))
            return phone.normalise(phone.CallArrival(new_id(), str(new_id()), now, clara, call), caller, self.desk)
        update = {
            "update_id": self.rng.randrange(2**40),
            "message": {"text": "oi", "chat": {"id": human.chat if human else 1, "type": "private"}, "from": {"id": 1}},
        }  # fmt: skip
        read = telegram.read_update(update, BOT)
        assert read is not None
        speaker = (await self.desk.directory.by_telegram(read.key, now)).speaker
        return telegram.normalise(telegram.ChatArrival(new_id(), now, read), speaker, self.desk)

    async def _mail(self, who: str, ticket: Ticket | None) -> InboundMessage:
        subject = f"Re: [Protocolo {ticket.protocol}]" if ticket else "Assunto"
        box = self.office.profile.support_mailbox.address
        arrival = MailArrival(
            raw=mail(who, box, subject, f"texto {new_id().hex}"), received_at=clock.now(), peer_is_trusted=True,
            mail_from=who, recipients=(box,),
        )  # fmt: skip
        read = await read_mail(arrival, self.desk)
        assert isinstance(read, InboundMessage)
        return read

    # What leaves.

    async def answer(self) -> None:
        if not self.model.matters:
            return
        ticket = await Ticket.get(id=self.rng.choice(list(self.model.matters)))
        draft = EntryDraft("resposta", self.rng.choice(["public", "public", "internal"]))
        root = actor_of_agent(await Agent.get(email=f"root@{self.profile}.example"))
        await add_entry(ticket.protocol, draft, root, self.office)

    async def send_all(self) -> None:
        now = clock.now()
        await Delivery.filter(state__in=["queued", "retrying"]).update(next_try_at=now)
        waiting = await Delivery.filter(state__in=["queued", "retrying"]).values_list("id", flat=True)
        await deliver(list(waiting), self.sink, self.office)  # type: ignore[arg-type]


@pytest.fixture(params=sorted(CHANNELS))
async def world(
    request: pytest.FixtureRequest, migrated_sqlite: Path, rng: random.Random, tmp_path: Path
) -> AsyncIterator[World]:
    keys = [Key("test", b"0" * 32)]
    profile = load_profile(request.param)
    office = Office(profile, SigningKeys(keys), SealingKeys(keys), FileBlobs(tmp_path / "blobs"))
    queue = MemoryQueue()
    settings = Settings(data_dir=tmp_path, profile=request.param, base_url="http://desk.example", telegram_bots=(BOT,))
    # Without a cache of its own: how long one may be behind is told by another test.
    directory = Directory(profile, fresh=timedelta(0))
    desk = Desk(settings, profile, office.signing, directory, office.blobs, queue)  # type: ignore[arg-type]
    async with open_database(f"sqlite://{shutil.copy(migrated_sqlite, tmp_path / 'guiche.sqlite3')}"):
        await load_cast(profile)
        model = Model(request.param, await humans(office))
        yield World(desk, office, queue, model, Sink(model), rng)
        assert await broken() == []


async def humans(office: Office) -> dict[str, Human]:
    """The cast and three more, each with a telephone and a linked chat of his own."""
    now, found = clock.now(), {}
    for name, role in (("bia", "reader"), ("beto", "reader"), ("caio", "reader")):
        organization = "Org B" if name == "caio" else "Org A"
        await persons.add(NewPerson(f"{name}@longe.example", organization, name, None, role), office.profile, SYSTEM, now)
    for number, person in enumerate(await Person.all().select_related("organization").order_by("id")):
        row = await Identity.get_or_none(person_id=person.id, kind="phone")
        if row is None:
            row = await Identity.create(person=person, kind="phone", key=f"+55119876543{number:02}", created_at=now)
        await Identity.create(person=person, kind="telegram", key=f"guiche:{1000 + number}", created_at=now)
        found[person.email] = Human(person.email, person.organization.name, person.role, 1000 + number, row.key)
    return found


async def test_no_entry_and_no_send_violates_the_rights_of_that_moment(
    world: World, count: Callable[[int], int]
) -> None:
    deeds: list[tuple[Callable[[], Awaitable[None]], int]] = [
        (world.message, 12), (world.answer, 4), (world.send_all, 3), (world.authorize, 3), (world.revoke, 1),
        (world.block, 1), (world.unblock, 2),
    ]  # fmt: skip
    for _ in range(count(STEPS) // len(CHANNELS)):
        deed = world.rng.choices([each for each, _ in deeds], [weight for _, weight in deeds])[0]
        await deed()
    await world.send_all()

    # A world in which nothing happens would prove nothing.
    official = [channel for channel, may in CHANNELS[world.profile].items() if may]
    for channel in official:
        assert world.seen[f"{channel} filed"] > 0 and world.seen[f"{channel} stopped"] > 0, world.seen
    assert world.sink.heard["person"] > 10 and world.sink.heard["agent"] > 10
