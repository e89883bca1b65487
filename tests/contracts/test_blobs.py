"""Larger bytes are on the disk before anybody is told so (SECURITY.md M21)."""

import hashlib
import os
from pathlib import Path

import pytest

from core.attachments import FileBlobs, keep, open_blobs
from core.errors import Misconfigured, Unavailable
from core.message import INLINE_LIMIT

LARGE = b"x" * (INLINE_LIMIT + 1)


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


async def test_M21_a_file_and_its_folders_are_synced_before_it_counts(
    tmp_path: Path, steps: list[tuple[str, str]]
) -> None:
    blob = await keep(FileBlobs(tmp_path / "blobs"), LARGE)

    assert (blob.size, blob.content) == (len(LARGE), None)
    folder = tmp_path / "blobs" / blob.digest[:2]
    renamed = steps.index(("rename", str(folder / blob.digest)))
    written = [path for what, path in steps[:renamed] if what == "sync" and path.startswith(f"{folder}/.")]
    assert len(written) == 1, "the file itself, before it has its name"
    assert ("sync", str(folder)) in steps[renamed:], "its name, before anybody is told"
    # A folder's own name is an entry of the folder above.
    assert {str(tmp_path), str(tmp_path / "blobs")} <= {path for what, path in steps if what == "sync"}


async def test_what_is_small_travels_inline_and_writes_nothing(tmp_path: Path, steps: list[tuple[str, str]]) -> None:
    blob = await keep(FileBlobs(tmp_path / "blobs"), b"small")

    assert blob.content == b"small" and steps == []


async def test_the_same_bytes_twice_are_one_file_and_come_back_whole(tmp_path: Path) -> None:
    store = FileBlobs(tmp_path / "blobs")
    first, second = await keep(store, LARGE), await keep(store, LARGE)

    assert first == second
    assert await store.get(first.digest) == LARGE
    assert hashlib.sha256(LARGE).hexdigest() == first.digest
    assert len([path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]) == 1
    assert await store.get("0" * 64) is None


async def test_a_disk_that_fails_is_our_passing_trouble_and_leaves_no_half_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(Unavailable):
        await keep(FileBlobs(tmp_path / "blobs"), LARGE)

    assert [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()] == []


def test_a_store_that_is_not_known_is_refused_at_the_start(tmp_path: Path) -> None:
    for url in ("s3://bucket", "file://elsewhere/blobs", "ftp://x"):
        with pytest.raises(Misconfigured):
            open_blobs(url, tmp_path)
