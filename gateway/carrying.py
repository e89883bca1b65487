"""Bring what was spooled while the store was away to the store, in every process that has a spool."""

import asyncio
from datetime import timedelta

import structlog

from core.attachments import BlobStore, SpooledBlobs
from core.errors import Unavailable
from gateway.metrics import tell_spooled

EVERY = timedelta(seconds=2)

_log = structlog.get_logger(__name__)


async def carry(blobs: BlobStore) -> None:
    """Run until cancelled; returns at once where nothing is ever spooled."""
    if not isinstance(blobs, SpooledBlobs):
        return
    while True:
        try:
            if carried := await blobs.carry():
                _log.info("blobs_carried_on", blobs=carried)
            tell_spooled(0)
        except Unavailable as error:
            waiting = len(await _waiting(blobs))
            tell_spooled(waiting)
            _log.warning("blob_store_away", cause=str(error), waiting=waiting)
        await asyncio.sleep(EVERY.total_seconds())


async def _waiting(blobs: SpooledBlobs) -> list[str]:
    try:
        return list(await blobs.waiting())
    except Unavailable:
        return []
