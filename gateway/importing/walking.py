"""Walking through an archive: a batch of mails in one transaction, and a word of how far it came."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import cast

from core.attachments import open_store
from core.people.block_list import BlockList
from core.people.directory import Directory
from core.queues import Queue
from core.settings import Settings
from core.tickets.office import Office
from gateway.importing.archive import Archive
from gateway.importing.filing import Importer, Tray
from gateway.importing.piece import Piece
from gateway.importing.progress import Progress, Tally
from gateway.ingest.desk import Desk
from gateway.ingest.scanning import Clamd

BATCH = 100
_TOGETHER = 16 * 1024 * 1024


def open_importer(settings: Settings, office: Office, cut_off: datetime | None) -> Importer:
    """An importer over the open database, behind a front door of its own.

    It has no prover: who vouches for the archive asks no DNS about mails of ten years ago. And it
    writes to the store of files itself, for perhaps nobody serves here who would empty a spool.
    """
    office = replace(office, blobs=open_store(settings.blobs_url, settings.data_dir))
    tray = Tray()
    desk = Desk(
        settings, office.profile, office.signing, Directory(office.profile), office.blobs,
        cast("Queue", tray),  # the front door publishes and asks nothing else of its queue
        scanner=Clamd(*settings.clamd) if settings.clamd else None, blocks=BlockList(office.signing),
    )  # fmt: skip
    return Importer(desk, tray, office, cut_off)


async def import_archive(
    archive: Archive, progress: Progress, importer: Importer, tell: Callable[[int], None]
) -> Tally:
    """File what is not filed yet and count it; `tell` hears after each batch how far the archive is read."""
    start = archive.goes_on_at(progress.done, progress.mark)
    if not start:
        progress.tally = Tally()
    tell(start)
    for pieces in _batches(archive.mails(start)):
        await importer.file(pieces, progress.tally)
        progress.save(pieces[-1].done, archive.mark(pieces[-1].done))
        tell(pieces[-1].done)
    progress.forget()
    return progress.tally


def _batches(pieces: Iterator[Piece]) -> Iterator[list[Piece]]:
    batch: list[Piece] = []
    size = 0
    for piece in pieces:
        batch.append(piece)
        size += len(piece.raw)
        if len(batch) == BATCH or size > _TOGETHER:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
