"""Bytes nothing refers to are collected by the clock, and never those that somebody still may ask for."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from core import clock
from core.attachments import BlobStore, FileBlobs, StoredBlob, fetch, keep, open_store
from core.decision import Reason
from core.errors import Unavailable
from core.ids import new_id
from core.message import INLINE_LIMIT, Attachment, Blob
from core.queues import DeadLetter
from core.tickets import holding
from core.tickets.intake import file_batch
from core.tickets.office import Office
from core.tickets.orphans import collect
from core.tickets.tables import Held
from gateway.collecting import collect_once
from tests.services import s3
from tests.tickets.conftest import Cast, Say, acting

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[s3.S3Server]:
    with s3.server(tmp_path_factory.mktemp("s3")) as started:
        yield started


@pytest.fixture(params=["files", "s3"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> BlobStore:
    if request.param == "files":
        return open_store("", tmp_path)
    server: s3.S3Server = request.getfixturevalue("s3_server")
    bucket = f"guiche-{os.urandom(4).hex()}"
    server.make(bucket)
    return open_store(server.url(bucket), tmp_path)


@pytest.fixture
def desk(office: Office, blobs: BlobStore) -> Office:
    return replace(office, blobs=blobs)


def in_days(number: float) -> datetime:
    return clock.now() + number * DAY


async def large(blobs: BlobStore) -> tuple[Blob, bytes]:
    content = os.urandom(INLINE_LIMIT + 1)
    return await keep(blobs, content), content


async def test_what_nothing_refers_to_goes_after_a_month_and_another(desk: Office, cast: Cast) -> None:
    orphan, content = await large(desk.blobs)

    assert await collect(desk.blobs, in_days(29)) == 0
    assert await collect(desk.blobs, in_days(31)) == 0
    assert await desk.blobs.get(orphan.digest) == content, "set aside, and still found"
    assert await collect(desk.blobs, in_days(60) - DAY * 31) == 0
    assert await collect(desk.blobs, in_days(62)) == 1
    assert await desk.blobs.get(orphan.digest) is None


async def test_a_folder_with_more_orphans_than_a_statement_takes_is_collected(office: Office, tmp_path: Path) -> None:
    class Crowded(FileBlobs):
        async def listed(self, before: datetime, *, aside: bool = False) -> AsyncIterator[Sequence[str]]:
            yield [f"{number:064x}" for number in range(40_000)] if aside else []

        async def drop(self, digest: str) -> None: ...

    assert await collect(Crowded(tmp_path), in_days(0)) == 40_000


async def test_what_an_entry_refers_to_stays_for_years(desk: Office, cast: Cast, say: Say) -> None:
    raw, _ = await large(desk.blobs)
    file, _ = await large(desk.blobs)
    small = await keep(desk.blobs, b"small")
    kinds = [Attachment(filename="a", content_type="text/plain", blob=each) for each in (file, small)]
    await file_batch([say(cast.ana, raw=raw, attachments=tuple(kinds))], desk, clock.now())

    for days in (31, 62, 1000):
        assert await collect(desk.blobs, in_days(days)) == 0
    assert None not in [await fetch(desk.blobs, each.digest) for each in (raw, file, small)]


async def test_what_a_held_message_refers_to_stays_until_it_is_decided(desk: Office, cast: Cast, say: Say) -> None:
    raw, _ = await large(desk.blobs)
    file, _ = await large(desk.blobs)
    files = (Attachment(filename="a", content_type="text/plain", blob=file),)
    await file_batch([say(cast.ana, raw=raw, attachments=files, held_for=Reason.INFECTED)], desk, clock.now())
    row = await Held.get()

    assert row.digests.split() == sorted([raw.digest, file.digest])
    for days in (31, 62):
        assert await collect(desk.blobs, in_days(days)) == 0
    assert await desk.blobs.get(raw.digest) is not None
    await holding.discard(str(row.id), acting(cast.clara), desk.sealing, clock.now())
    await collect(desk.blobs, in_days(31))
    assert await collect(desk.blobs, in_days(62)) == 2


async def test_small_orphans_go_from_the_database_and_no_others(desk: Office, cast: Cast, say: Say) -> None:
    raw = await keep(desk.blobs, b"mail")
    await file_batch([say(cast.ana, raw=raw)], desk, clock.now())
    await StoredBlob.create(digest="0" * 64, content=b"orphan", created_at=clock.now() - 31 * DAY)
    await StoredBlob.create(digest="1" * 64, content=b"young", created_at=clock.now() - 29 * DAY)
    await StoredBlob.filter(digest=raw.digest).update(created_at=clock.now() - 300 * DAY)

    assert await collect(desk.blobs, clock.now()) == 1
    assert {each.digest for each in await StoredBlob.all()} == {raw.digest, "1" * 64}


async def test_an_orphan_that_a_message_refers_to_again_is_restored(desk: Office, cast: Cast, say: Say) -> None:
    orphan, content = await large(desk.blobs)
    # The collector looked just before: the put saw it in its place and wrote nothing.
    await desk.blobs.set_aside(orphan.digest)
    await file_batch([say(cast.ana, raw=orphan)], desk, clock.now())

    assert await desk.blobs.get(orphan.digest) == content
    assert await collect(desk.blobs, in_days(31)) == 0
    assert await collect(desk.blobs, in_days(62)) == 0
    assert [each async for some in desk.blobs.listed(in_days(99)) for each in some] == [orphan.digest]


class Interrupted:
    """A store in which the same bytes are put again between any two steps of the collector."""

    def __init__(self, store: BlobStore, digest: str, content: bytes, at: str) -> None:
        self.store, self.digest, self.content, self.at = store, digest, content, at

    async def _step(self, name: str, *, after: bool) -> None:
        if self.at == f"{'after' if after else 'before'} {name}":
            await self.store.put(self.digest, self.content)

    async def put(self, digest: str, content: bytes) -> None:
        await self.store.put(digest, content)

    async def get(self, digest: str) -> bytes | None:
        return await self.store.get(digest)

    async def listed(self, before: datetime, *, aside: bool = False) -> AsyncIterator[Sequence[str]]:
        async for some in self.store.listed(before, aside=aside):
            await self._step("listing aside" if aside else "listing", after=True)
            yield some

    async def set_aside(self, digest: str) -> None:
        await self._step("set_aside", after=False)
        await self.store.set_aside(digest)
        await self._step("set_aside", after=True)

    async def restore(self, digest: str) -> None:
        await self.store.restore(digest)

    async def drop(self, digest: str) -> None:
        await self._step("drop", after=False)
        await self.store.drop(digest)
        await self._step("drop", after=True)


STEPS = ["after listing", "before set_aside", "after set_aside", "after listing aside", "before drop", "after drop"]


@pytest.mark.parametrize("step", STEPS)
async def test_bytes_put_again_while_the_collector_runs_survive(desk: Office, cast: Cast, say: Say, step: str) -> None:
    orphan, content = await large(desk.blobs)
    store = Interrupted(desk.blobs, orphan.digest, content, step)
    first = step in STEPS[:3]
    await collect(store if first else desk.blobs, in_days(31))
    if not first:
        await collect(store, in_days(62))
    # The message is filed a while after it was put.
    assert await desk.blobs.get(orphan.digest) == content
    await file_batch([say(cast.ana, raw=orphan)], desk, clock.now())

    for days in (62, 93):
        await collect(desk.blobs, in_days(days))
    assert await desk.blobs.get(orphan.digest) == content


async def test_a_small_blob_kept_again_while_the_collector_runs_survives(office: Office, cast: Cast, say: Say) -> None:
    raw = await keep(office.blobs, b"again")
    for _ in range(20):
        # At least one of them is older than the collector's line, and orphaned, when both begin.
        await StoredBlob.filter(digest=raw.digest).delete()
        await StoredBlob.create(digest=raw.digest, content=b"again", created_at=clock.now() - 99 * DAY)
        ticket = say(cast.ana, raw=raw)
        await asyncio.gather(file_batch([ticket], office, clock.now()), collect(office.blobs, clock.now()))

        assert await fetch(office.blobs, raw.digest) == b"again"
        await _forget_entries()


async def _forget_entries() -> None:
    """Orphan what was filed, as an erasure would."""
    from core.tickets.tables import Entry

    await Entry.all().update(raw_digest=None)


class DeadLetters:
    """A queue of which only the dead letters are asked."""

    def __init__(self, *letters: DeadLetter) -> None:
        self.letters = letters

    async def dead_letters(self) -> Sequence[DeadLetter]:
        return self.letters


async def test_while_dead_letters_wait_nothing_is_collected(desk: Office, cast: Cast) -> None:
    orphan, _ = await large(desk.blobs)
    letter = DeadLetter(str(new_id()), "inbound", "ValueError", clock.now())

    for days in (31, 62):
        assert not await collect_once(DeadLetters(letter), desk, in_days(days))  # type: ignore[arg-type]
    assert await desk.blobs.get(orphan.digest) is not None
    for days in (31, 62):
        assert await collect_once(DeadLetters(), desk, in_days(days))  # type: ignore[arg-type]
    assert await desk.blobs.get(orphan.digest) is None


async def test_a_store_that_is_away_ends_no_scheduler(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: object) -> int:
        raise Unavailable("away")

    monkeypatch.setattr("gateway.collecting.collect", away)

    assert not await collect_once(DeadLetters(), office, clock.now())  # type: ignore[arg-type]
