"""Content-addressed bytes: files of people and raw mail, durable before anything is answered."""

from core.attachments.files import FileBlobs
from core.attachments.keeping import StoredBlob, fetch, insert_small, keep
from core.attachments.opening import open_blobs, open_store
from core.attachments.spooled import SpooledBlobs
from core.attachments.store import BlobStore

__all__ = [
    "BlobStore", "FileBlobs", "SpooledBlobs", "StoredBlob", "fetch", "insert_small", "keep", "open_blobs", "open_store",
]  # fmt: skip
