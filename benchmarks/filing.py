"""Filing in batches beside filing one by one: the same messages, the same verb, in this process."""

import asyncio
import os
import time
from collections.abc import Iterator, Sequence

from benchmarks.mails import LENGTHS
from benchmarks.programs import Meter
from benchmarks.sizes import Ground, Size, ground
from benchmarks.table import Figure, Run
from core import clock
from core.attachments import FileBlobs
from core.database import migrate_database, open_database
from core.ids import new_id
from core.keys import Key, SealingKeys, SigningKeys
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
from core.people.tables import Organization, Person
from core.profile_loading import load_profile
from core.tickets.intake import file_batch
from core.tickets.office import Office

COUNT = 600
BATCH = 100


def figures(size: Size, runs: int) -> Iterator[Figure]:
    """One figure: messages filed a second."""
    pairs = [(_run(size, BATCH), _run(size, 1)) for _ in range(runs)]
    yield Figure(
        f"filing by {BATCH}, {size.name}", [batch for batch, _ in pairs], [one for _, one in pairs],
        "one by one", bar=2.0,
    )  # fmt: skip


def _run(size: Size, batch: int) -> Run:
    with ground(size) as place:
        asyncio.run(migrate_database(place.database_url))
        return asyncio.run(_file(place, batch))


async def _file(place: Ground, batch: int) -> Run:
    keys = [Key("bench", b"0" * 32)]
    office = Office(
        load_profile("instituicoes"), SigningKeys(keys), SealingKeys(keys), FileBlobs(place.folder / "blobs")
    )
    async with open_database(place.database_url):
        messages = _messages(await some_speaker())
        meter, began = Meter([os.getpid()], with_servers=place.has_servers), time.monotonic()
        for start in range(0, COUNT, batch):
            await file_batch(messages[start : start + batch], office, clock.now())
        return Run(COUNT / (time.monotonic() - began), meter.ms_each(COUNT))


async def some_speaker() -> Speaker:
    organization = await Organization.create(name="Org A", created_at=clock.now())
    ana = await Person.create(
        organization=organization, name="Ana", email="ana@org-a.example", role="key_user", may_speak=True,
        created_at=clock.now(),
    )  # fmt: skip
    return Speaker(
        kind=SpeakerKind.PERSON, id=ana.id, name=ana.name, email=ana.email, role=ana.role, may_speak=True,
        organization_id=organization.id,
    )  # fmt: skip


def _messages(speaker: Speaker) -> Sequence[InboundMessage]:
    """The second half answers the first."""
    half = COUNT // 2
    return [some_mail(speaker, number, number - half if number >= half else None) for number in range(COUNT)]


def some_mail(speaker: Speaker, number: int, answers: int | None) -> InboundMessage:
    original = f"{answers}@bench.example"
    text = "bom dia " * (LENGTHS[number % len(LENGTHS)] // 8)
    return InboundMessage(
        intake_id=new_id(), channel="email", dedupe_key=f"{number:064x}", received_at=clock.now(),
        speaker=speaker, author=Address(name=speaker.name, email=speaker.email),
        authentication=Authentication.TRUSTED_NETWORK, mailbox="atendimento@instituicoes.example",
        intent=Intent.OPEN if answers is None else Intent.COMPLEMENT, title=f"Chamado {number}",
        text=text, full_text=text, message_id=f"{number}@bench.example",
        claims=() if answers is None else (Claim(kind=ClaimKind.REFERENCES, text=original),),
        references=() if answers is None else (original,),
    )  # fmt: skip
