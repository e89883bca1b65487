"""A small cast in the open database, and messages as the front door would hand them over."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from core import clock
from core.ids import new_id
from core.message import (
    Address,
    Authentication,
    Claim,
    ClaimKind,
    InboundMessage,
    Intent,
    Speaker,
    SpeakerKind,
)
from core.people.actor import Actor, ActorKind
from core.people.tables import Agent, Organization, Person
from core.tickets.office import Office


@dataclass(frozen=True, slots=True)
class Cast:
    """Who the tests speak of (INTERFACES.md §6)."""

    ana: Person
    bea: Person
    carla: Person
    clara: Agent
    diego: Agent
    lia: Agent


@pytest.fixture
async def cast(office: Office) -> Cast:
    """Ana and her permitted colleague Bea of Org A, Carla of Org B; Clara and Lia of n1, Diego of n2."""
    now = clock.now()
    org_a = await Organization.create(name="Org A", created_at=now)
    org_b = await Organization.create(name="Org B", created_at=now)

    async def person(name: str, organization: Organization) -> Person:
        return await Person.create(
            organization=organization, name=name, email=f"{name}@example.example", role="key_user",
            may_speak=True, created_at=now,
        )  # fmt: skip

    async def agent(name: str, sector: str, role: str = "agent") -> Agent:
        return await Agent.create(
            email=f"{name}@instituicoes.example", name=name, sector=sector, role=role, created_at=now
        )

    return Cast(
        ana=await person("ana", org_a), bea=await person("bea", org_a), carla=await person("carla", org_b),
        clara=await agent("clara", "n1"), diego=await agent("diego", "n2"), lia=await agent("lia", "n1", "lead"),
    )  # fmt: skip


Say = Callable[..., InboundMessage]


@pytest.fixture
def say() -> Say:
    """`say(ana, text="…", claims=(…))`: a proven mail, different each time unless `key` says otherwise."""

    def message(who: Person | Agent, text: str = "olá", key: str = "", **more: object) -> InboundMessage:
        intake_id = new_id()
        values: dict[str, object] = {
            "intake_id": intake_id, "channel": "email", "received_at": clock.now(), "text": text,
            "dedupe_key": hashlib.sha256((key or str(intake_id)).encode()).hexdigest(),
            "speaker": _speaker(who), "author": Address(name=who.name, email=who.email), "title": "Assunto",
            "authentication": Authentication.TRUSTED_NETWORK, "intent": Intent.OPEN, "mailbox": "a@b.example",
        }  # fmt: skip
        return InboundMessage(**(values | more))  # type: ignore[arg-type]

    return message


def _speaker(who: Person | Agent) -> Speaker:
    if isinstance(who, Agent):
        return Speaker(kind=SpeakerKind.AGENT, id=who.id, name=who.name, email=who.email, sector=who.sector)
    return Speaker(
        kind=SpeakerKind.PERSON, id=who.id, name=who.name, email=who.email, may_speak=who.may_speak,
        organization_id=who.organization_id,
    )  # fmt: skip


def token_claim(ticket_id: int, recipient: Person | Agent, *, internal: bool = False) -> Claim:
    """The claim of a reply address we signed for `recipient`."""
    return Claim(
        kind=ClaimKind.REPLY_TOKEN, ticket_id=ticket_id, recipient_id=recipient.id,
        for_agent=isinstance(recipient, Agent), internal=internal,
    )  # fmt: skip


def reference(message_id: str) -> Claim:
    """The claim of a Message-ID named in References."""
    return Claim(kind=ClaimKind.REFERENCES, text=message_id)


def acting(agent: Agent) -> Actor:
    """The agent at the API."""
    return Actor(ActorKind.AGENT, agent.id, agent.email, agent.name, agent.role, agent.sector)
