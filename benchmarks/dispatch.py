"""Deliveries out: rows that wait become signed mails at a relay, beside a bare loop that signs and sends."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from benchmarks import bare_sending
from benchmarks.filing import some_mail, some_speaker
from benchmarks.programs import Meter, program
from benchmarks.sizes import Ground, Size, ground
from benchmarks.table import Figure, Run
from core import clock
from core.attachments import FileBlobs
from core.database import migrate_database, open_database
from core.deliveries import Delivery, DeliveryState, announce
from core.dkim_keys import DkimKey
from core.keys import Key, SealingKeys, SigningKeys
from core.profile_loading import load_profile
from core.queues import Queue
from core.settings import Settings
from core.tickets.intake import file_batch
from core.tickets.office import Office
from gateway.brokers import open_queue
from gateway.dispatch import dispatch

COUNT = 1_000
SELECTOR, DOMAIN = "bench", "instituicoes.example"
KEYS = [Key("bench", b"0" * 32)]
PATIENCE = 300.0


def figures(size: Size, runs: int) -> Iterator[Figure]:
    """One figure: mails a second that the relay took and the rows know of."""
    pairs = [_pair(size) for _ in range(runs)]
    yield Figure(
        f"dispatch, {size.name}", [ours for ours, _ in pairs], [bare for _, bare in pairs],
        "bare loop, aiosmtplib + dkimpy", bar=0.5,
    )  # fmt: skip


def _pair(size: Size) -> tuple[Run, Run]:
    with ground(size) as place, program("null_smtp") as relay:
        key = _key(place.folder / "dkim.pem")
        asyncio.run(migrate_database(place.database_url))
        ours = asyncio.run(_ours(place, relay.said, key))
        return ours, asyncio.run(_bare(relay.said, key))


def _key(path: Path) -> DkimKey:
    private = rsa.generate_private_key(65_537, 2_048)
    path.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()))
    return DkimKey(SELECTOR, DOMAIN, path)


async def _ours(place: Ground, relay: str, key: DkimKey) -> Run:
    settings = Settings(
        data_dir=place.folder, database_url=place.database_url, broker_url=place.broker_url,
        broker_prefix=place.prefix, base_url="http://127.0.0.1", relay_url=f"smtp://{relay}", dkim_key=(key,),
    )  # fmt: skip
    office = Office(
        load_profile("instituicoes"), SigningKeys(KEYS), SealingKeys(KEYS), FileBlobs(place.folder / "blobs")
    )
    async with open_database(place.database_url), open_queue(settings, office.sealing) as queue:
        speaker = await some_speaker()
        refs = await file_batch([some_mail(speaker, number, None) for number in range(COUNT)], office, clock.now())
        assert len(refs) == COUNT
        async with _dispatching(queue, office, settings):
            meter, began = Meter([os.getpid()], with_servers=place.has_servers), time.monotonic()
            await announce(queue, refs)
            await _all_sent()
            return Run(COUNT / (time.monotonic() - began), meter.ms_each(COUNT))


@asynccontextmanager
async def _dispatching(queue: Queue, office: Office, settings: Settings) -> AsyncIterator[None]:
    task = asyncio.create_task(dispatch(queue, office, settings))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


async def _all_sent() -> None:
    async with asyncio.timeout(PATIENCE):
        while await Delivery.filter(state=DeliveryState.SENT).count() < COUNT:
            await asyncio.sleep(0.05)


async def _bare(relay: str, key: DkimKey) -> Run:
    meter, began = Meter([os.getpid()], with_servers=False), time.monotonic()
    await bare_sending.send_all(relay, COUNT, key.path.read_bytes())
    return Run(COUNT / (time.monotonic() - began), meter.ms_each(COUNT))
