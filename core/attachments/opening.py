"""Which store `GUICHE_BLOBS_URL` names."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from core.attachments.bucket import parse_bucket
from core.attachments.files import FileBlobs
from core.attachments.spooled import SpooledBlobs
from core.attachments.store import BlobStore
from core.errors import Misconfigured


def open_blobs(url: str, data_dir: Path) -> BlobStore:
    """The store as the product uses it: one over the network has a spool in the data directory.

    Raises `Misconfigured`, which repeats nothing of the address.
    """
    store = open_store(url, data_dir)
    return store if isinstance(store, FileBlobs) else SpooledBlobs(store, FileBlobs(data_dir / "spool"))


def open_store(url: str, data_dir: Path) -> BlobStore:
    """The store itself, empty means files in the data directory."""
    if not url:
        return FileBlobs(data_dir / "blobs")
    scheme = url.partition(":")[0]
    if scheme == "s3":
        # Loaded where it is needed: its library brings threads of its own.
        from core.attachments.s3 import S3Blobs

        return S3Blobs(parse_bucket(url))
    parts = urlsplit(url)
    if scheme != "file" or parts.netloc not in ("", "localhost"):
        raise Misconfigured(["GUICHE_BLOBS_URL: must be file:///folder or s3://bucket?endpoint=…"])
    return FileBlobs(Path(unquote(parts.path)))
