"""The walk of archived mails: by the front door's rules into tickets, a batch in one transaction."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import cast
from uuid import UUID

import structlog

from core import clock
from core.attachments import open_store
from core.decision import Reason
from core.message import Inbound, InboundMessage, RefusedMessage, decode
from core.people.block_list import BlockList
from core.people.directory import Directory
from core.queues import Publication, Queue
from core.settings import Settings
from core.tickets.intake import file_batch
from core.tickets.office import Office
from core.tickets.tables import Intake
from gateway.brokers.patience import persist
from gateway.channels.email import MailArrival, normalise
from gateway.importing.archive import Archive
from gateway.importing.piece import Piece, headers_of, sender_of, time_of
from gateway.importing.progress import Progress, Tally
from gateway.ingest.desk import Desk
from gateway.ingest.receive import receive
from gateway.ingest.scanning import Clamd

BATCH = 100
_TOGETHER = 16 * 1024 * 1024
_log = structlog.get_logger(__name__)


def open_importer(settings: Settings, office: Office, cut_off: datetime | None) -> "Importer":
    """An importer over the open database, behind a front door of its own.

    It has no prover: who vouches for the archive asks no DNS about mails of ten years ago. And it
    writes to the store of files itself, for perhaps nobody serves here who would empty a spool.
    """
    office = replace(office, blobs=open_store(settings.blobs_url, settings.data_dir))
    tray = _Tray()
    desk = Desk(
        settings, office.profile, office.signing, Directory(office.profile), office.blobs,
        cast("Queue", tray),  # the front door publishes and asks nothing else of its queue
        scanner=Clamd(*settings.clamd) if settings.clamd else None, blocks=BlockList(office.signing),
    )  # fmt: skip
    return Importer(desk, tray, office, cut_off)


async def import_archive(
    archive: Archive, progress: Progress, importer: "Importer", tell: Callable[[int], None]
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


class _Tray:
    """Stands where the front door expects a queue: what it would publish is filed right here."""

    def __init__(self) -> None:
        self.message: Inbound | None = None

    async def publish(self, _: str, publications: Sequence[Publication]) -> None:
        self.message = decode(publications[0].body)


class Importer:
    """Files pieces as the doors and the worker would; the operator vouches for the customers' addresses.

    What is older than `cut_off`, or without one everything, is history: it is filed at its own time
    and nobody is told.
    """

    def __init__(self, desk: Desk, tray: _Tray, office: Office, cut_off: datetime | None) -> None:
        self._desk = desk
        self._tray = tray
        self._office = office
        self._cut_off = cut_off

    async def file(self, pieces: Sequence[Piece], tally: Tally) -> None:
        """File all that can be, and count what became of each. Waits for services that are away."""
        messages: dict[str, Inbound] = {}
        for piece in pieces:
            if piece.trouble:
                tally.unreadable += 1
                tally.leave_out(piece.place, piece.trouble)
                continue
            try:
                messages[piece.place] = await persist(partial(self._judged, piece), "import_waits")
            except Exception as error:  # noqa: BLE001 - one mail nobody can read stops no other
                _fail(tally, piece.place, error)
        await self._file_all(messages, tally)

    async def _judged(self, piece: Piece) -> Inbound:
        now, headers = clock.now(), headers_of(piece.raw)
        arrival = MailArrival(
            raw=piece.raw, received_at=now, peer_is_trusted=False, mail_from=sender_of(piece, headers), recipients=()
        )
        found = await normalise(arrival, self._desk)
        if isinstance(found, InboundMessage):
            at = time_of(piece, headers, now)
            is_live = at is not None and self._cut_off is not None and at >= self._cut_off
            found = found.model_copy(
                update={"archived_at": None if is_live else at or now, "released_rules": (Reason.SENDER_NOT_PROVEN,)}
            )
        await receive(found, self._desk)

        kept = self._tray.message
        assert kept is not None
        if isinstance(kept, RefusedMessage):
            # Under one id however often the archive is read: the ledger counts it once.
            return kept.model_copy(update={"intake_id": _id_of(found.dedupe_key)})
        if isinstance(kept, InboundMessage) and kept.held_for is None:
            # Judged already; in the ledger the word stands for what was held and then released.
            return kept.model_copy(update={"released_rules": ()})
        return kept

    async def _file_all(self, messages: dict[str, Inbound], tally: Tally) -> None:
        if not messages:
            return
        try:
            await self._file_together(list(messages.values()))
        except Exception as error:  # noqa: BLE001 - each is tried again alone, so that one stops no other
            _log.warning("batch_failed", size=len(messages), cause=type(error).__name__)
            for place, message in list(messages.items()):
                try:
                    await self._file_together([message])
                except Exception as alone:  # noqa: BLE001 - it stays in the archive, and its place is told
                    del messages[place]
                    _fail(tally, place, alone)
        await persist(partial(_count, list(messages.values()), tally), "import_waits")

    async def _file_together(self, messages: Sequence[Inbound]) -> None:
        # The deliveries of what is no history are announced by the scheduler, which finds their rows.
        await persist(lambda: file_batch(messages, self._office, clock.now()), "import_waits")


async def _count(messages: Sequence[Inbound], tally: Tally) -> None:
    """By what the ledger says of each; what is not in it was filed, or held, before."""
    rows = await Intake.filter(id__in=[each.intake_id for each in messages]).values_list("id", "outcome")
    outcomes = {UUID(str(key)): str(outcome) for key, outcome in rows}
    for message in messages:
        name = _COUNTED.get(outcomes.get(message.intake_id, ""), "duplicates")
        setattr(tally, name, getattr(tally, name) + 1)


_COUNTED = {"filed": "filed", "held": "held", "refused": "refused", "bounce": "bounces"}


def _fail(tally: Tally, place: str, error: Exception) -> None:
    """The class alone: the text of an error may quote the mail."""
    tally.failed += 1
    tally.leave_out(place, type(error).__name__)


def _id_of(dedupe_key: str) -> UUID:
    return UUID(bytes=hashlib.sha256(f"refused/{dedupe_key}".encode()).digest()[:16])
