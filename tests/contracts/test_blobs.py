"""One contract for every store of larger bytes, over files and over a real S3 server (SECURITY.md M21)."""

import asyncio
import hashlib
import os
import random
import secrets
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from core import clock
from core.attachments import BlobStore, FileBlobs, SpooledBlobs, keep, open_blobs, open_store, spooled
from core.attachments.bucket import parse_bucket
from core.errors import Misconfigured, NoRoom, Unavailable
from core.message import INLINE_LIMIT
from tests.services import s3

LARGE = b"x" * (INLINE_LIMIT + 1)
HUGE = 12 * 1024 * 1024 + 7
SOON = timedelta(hours=1)


@pytest.fixture(scope="module")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[s3.S3Server]:
    with s3.server(tmp_path_factory.mktemp("s3")) as started:
        yield started


@pytest.fixture(params=["files", "s3", "s3 under a prefix"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> BlobStore:
    """An empty store of each kind."""
    if request.param == "files":
        return open_store("", tmp_path)
    server: s3.S3Server = request.getfixturevalue("s3_server")
    bucket = f"guiche-{secrets.token_hex(4)}"
    server.make(bucket)
    url = server.url(bucket)
    return open_store(url if request.param == "s3" else url.replace("?", "/a/folder?"), tmp_path)


def digest_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


async def listed(store: BlobStore, *, aside: bool = False) -> list[str]:
    return sorted([each async for some in store.listed(clock.now() + SOON, aside=aside) for each in some])


async def test_the_same_bytes_twice_are_one_blob_and_come_back_whole(store: BlobStore) -> None:
    first, second = await keep(store, LARGE), await keep(store, LARGE)

    assert first == second and first.digest == digest_of(LARGE)
    assert await store.get(first.digest) == LARGE
    assert await listed(store) == [first.digest]


async def test_what_is_not_there_is_none(store: BlobStore) -> None:
    assert await store.get("0" * 64) is None


async def test_megabytes_go_and_come_whole(store: BlobStore) -> None:
    content = os.urandom(HUGE)
    blob = await keep(store, content)

    assert (blob.size, blob.content) == (HUGE, None)
    assert await store.get(blob.digest) == content


async def test_what_is_small_travels_inline_and_writes_nothing(store: BlobStore) -> None:
    blob = await keep(store, b"small")

    assert blob.content == b"small" and await listed(store) == []


async def test_what_is_set_aside_is_still_found_until_it_is_dropped(store: BlobStore) -> None:
    digest = (await keep(store, LARGE)).digest
    await store.set_aside(digest)

    assert (await listed(store), await listed(store, aside=True)) == ([], [digest])
    assert await store.get(digest) == LARGE
    await store.drop(digest)
    assert await store.get(digest) is None and await listed(store, aside=True) == []


async def test_what_is_put_again_while_aside_survives_the_drop(store: BlobStore) -> None:
    digest = (await keep(store, LARGE)).digest
    await store.set_aside(digest)
    await store.put(digest, LARGE)
    await store.drop(digest)

    assert await store.get(digest) == LARGE and await listed(store) == [digest]


async def test_what_is_restored_stands_where_it_stood(store: BlobStore) -> None:
    digest = (await keep(store, LARGE)).digest
    await store.set_aside(digest)
    await store.restore(digest)

    assert (await listed(store), await listed(store, aside=True)) == ([digest], [])
    assert await store.get(digest) == LARGE


async def test_moving_or_dropping_what_is_gone_harms_nothing(store: BlobStore) -> None:
    for act in (store.set_aside, store.restore, store.drop):
        await act("0" * 64)

    assert await listed(store) == await listed(store, aside=True) == []


async def test_only_what_is_older_is_listed(store: BlobStore) -> None:
    await keep(store, LARGE)

    assert [each async for some in store.listed(clock.now() - SOON) for each in some] == []


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What was synced and renamed, in order."""
    done: list[tuple[str, str]] = []
    fsync, replace = os.fsync, os.replace

    def syncing(descriptor: int) -> None:
        done.append(("sync", str(Path(f"/proc/self/fd/{descriptor}").readlink())))
        fsync(descriptor)

    def replacing(source: str, target: str) -> None:
        done.append(("rename", str(target)))
        replace(source, target)

    monkeypatch.setattr(os, "fsync", syncing)
    monkeypatch.setattr(os, "replace", replacing)
    return done


@pytest.mark.parametrize("url", ["", "s3://key:secret@bucket?endpoint=http://127.0.0.1:1&region=x"])
async def test_M21_a_file_and_its_folders_are_synced_before_it_counts(
    url: str, tmp_path: Path, steps: list[tuple[str, str]]
) -> None:
    blob = await keep(open_blobs(url, tmp_path), LARGE)

    assert (blob.size, blob.content) == (len(LARGE), None)
    top = tmp_path / ("spool" if url else "blobs")
    folder = top / blob.digest[:2]
    renamed = steps.index(("rename", str(folder / blob.digest)))
    written = [path for what, path in steps[:renamed] if what == "sync" and path.startswith(f"{folder}/.")]
    assert len(written) == 1, "the file itself, before it has its name"
    assert ("sync", str(folder)) in steps[renamed:], "its name, before anybody is told"
    # A folder's own name is an entry of the folder above.
    assert {str(tmp_path), str(top)} <= {path for what, path in steps if what == "sync"}


@pytest.mark.parametrize(("code", "trouble"), [(5, Unavailable), (28, NoRoom), (122, NoRoom)])
async def test_a_disk_that_fails_is_our_passing_trouble_and_leaves_no_half_file(
    code: int, trouble: type[Exception], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(_: int) -> None:
        raise OSError(code, "no")

    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(Unavailable) as raised:
        await keep(FileBlobs(tmp_path / "blobs"), LARGE)

    assert raised.type is trouble
    assert [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()] == []


async def test_what_a_crash_left_half_written_is_no_blob_and_is_cleared_away(tmp_path: Path) -> None:
    store = FileBlobs(tmp_path)
    digest = (await keep(store, LARGE)).digest
    half = tmp_path / digest[:2] / f".{digest}.00ff"
    half.write_bytes(b"half")

    assert await listed(store) == [digest] and not half.exists()


async def test_a_bucket_that_is_missing_is_our_trouble_and_no_missing_blob(
    s3_server: s3.S3Server, tmp_path: Path
) -> None:
    store = open_store(s3_server.url("guiche-nobody-made-it"), tmp_path)

    for act in (store.get("0" * 64), store.put("0" * 64, LARGE), listed(store)):
        with pytest.raises(Unavailable):
            await act


class Outage:
    """A store whose server can be stopped; it forgets what it held, as no real one would."""

    def __init__(self, folder: Path) -> None:
        self.server = s3.S3Server(folder)
        self.folder = folder
        self.server.start("guiche")

    def blobs(self) -> SpooledBlobs:
        """The store as a process opens it."""
        opened = open_blobs(self.server.url("guiche"), self.folder / "data")
        assert isinstance(opened, SpooledBlobs)
        return opened


@pytest.fixture
def outage(tmp_path: Path) -> Iterator[Outage]:
    started = Outage(tmp_path)
    yield started
    started.server.stop()


async def test_while_the_store_is_away_blobs_are_spooled_read_and_later_carried_on(outage: Outage) -> None:
    blobs = outage.blobs()
    outage.server.stop()
    digests = [(await keep(blobs, LARGE + bytes([number]))).digest for number in range(3)]

    assert sorted(await blobs.waiting()) == sorted(digests)
    assert [await blobs.get(digest) for digest in digests] == [LARGE + bytes([number]) for number in range(3)]
    with pytest.raises(Unavailable):
        await blobs.carry()
    with pytest.raises(Unavailable):
        await blobs.get("0" * 64)

    outage.server.start("guiche")
    # Another process, as after a kill: the spool stands in the data directory.
    assert await outage.blobs().carry() == 3
    assert list(await blobs.waiting()) == []
    store = open_store(outage.server.url("guiche"), outage.folder)
    assert await listed(store) == sorted(digests)
    assert await blobs.get(digests[0]) == LARGE + b"\x00"


async def test_a_kill_between_store_and_spool_repeats_a_file_and_harms_nothing(
    outage: Outage, monkeypatch: pytest.MonkeyPatch
) -> None:
    blobs = outage.blobs()
    outage.server.stop()
    digest = (await keep(blobs, LARGE)).digest
    outage.server.start("guiche")

    async def killed(_: FileBlobs, __: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(FileBlobs, "forget", killed)
        await blobs.carry()
    assert list(await blobs.waiting()) == [digest]

    assert await outage.blobs().carry() == 1
    assert await blobs.get(digest) == LARGE and list(await blobs.waiting()) == []


async def test_a_store_that_goes_deaf_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spooled, "_PATIENCE", timedelta(seconds=0.2))
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"s3://key:secret@guiche?endpoint=http://127.0.0.1:{deaf.getsockname()[1]}&region=x"
        blobs = open_blobs(url, tmp_path)
        assert isinstance(blobs, SpooledBlobs)
        digest = (await keep(blobs, LARGE)).digest

        assert list(await blobs.waiting()) == [digest] and await blobs.get(digest) == LARGE


async def test_while_both_are_away_nothing_is_claimed_to_be_stored(outage: Outage) -> None:
    outage.server.stop()
    (outage.folder / "data").write_text("a file where the folder should be")

    with pytest.raises(Unavailable):
        await keep(outage.blobs(), LARGE)


async def test_I1_whenever_the_process_that_carries_is_killed_every_blob_is_whole_somewhere(
    tmp_path: Path, rng: random.Random, count: Callable[[int], int]
) -> None:
    blobs = SpooledBlobs(FileBlobs(tmp_path / "store"), spool := FileBlobs(tmp_path / "spool"))
    contents = {}
    for _ in range(count(500)):
        for content in (rng.randbytes(rng.randrange(70_000, 400_000)) for _ in range(6)):
            contents[digest_of(content)] = content
            await spool.put(digest_of(content), content)
        with subprocess.Popen(
            [sys.executable, "-m", "tests.contracts.carrying_process", tmp_path / "spool", tmp_path / "store"],
            stdout=subprocess.PIPE,
        ) as carrying:
            assert carrying.stdout is not None and carrying.stdout.readline() == b"carrying\n"
            await asyncio.sleep(rng.uniform(0, 0.03))
            carrying.kill()

    assert len(await blobs.waiting()) < len(contents), "something was carried"
    assert [digest for digest, content in contents.items() if await blobs.get(digest) != content] == []
    await blobs.carry()
    assert list(await blobs.waiting()) == []
    assert await listed(blobs) == sorted(contents)


WRONG = [
    "ftp://x", "file://elsewhere/blobs", "s3:", "s3://", "s3://k:s3cr3t@", "s3://bucket:9000",
    "s3://only-s3cr3t@bucket", "s3://k:s3cr3t@bucket?endpoint=ftp://s3cr3t", "s3://bucket?endpoint=", "s3://bucket?x=s3cr3t",
    "s3://bucket?region=a&region=b", "s3://bucket?s3cr3t", "s3://k:s3cr3t@bucket?endpoint=http://h:99999999",
]  # fmt: skip


@pytest.mark.parametrize("url", WRONG)
def test_a_store_that_is_not_known_is_refused_at_the_start_without_repeating_it(url: str, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured) as raised:
        open_blobs(url, tmp_path)

    assert "GUICHE_BLOBS_URL" in str(raised.value) and "s3cr3t" not in str(raised.value)


def test_key_and_secret_are_percent_encoded_and_never_shown(tmp_path: Path) -> None:
    bucket = parse_bucket("s3://a%40b:s%2F%3A%40t@bucket/some/folder?endpoint=http://127.0.0.1:9000/&region=sa-east-1")

    assert (bucket.key, bucket.secret) == ("a@b", "s/:@t")
    assert (bucket.name, bucket.prefix, bucket.endpoint, bucket.region) == (
        "bucket", "some/folder", "http://127.0.0.1:9000", "sa-east-1",
    )  # fmt: skip
    assert "a@b" not in repr(bucket) and "s/:@t" not in repr(bucket)
