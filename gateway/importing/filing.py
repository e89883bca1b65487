"""Archived mails by the front door's rules into tickets, as the doors and the worker would do it."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

import structlog

from core import clock
from core.decision import Reason
from core.message import Inbound, InboundMessage, RefusedMessage, decode
from core.queues import Publication
from core.tickets.intake import file_batch
from core.tickets.office import Office
from core.tickets.tables import Intake
from gateway.brokers.patience import persist
from gateway.channels.email import MailArrival, normalise
from gateway.importing.piece import Piece, headers_of, sender_of, time_of
from gateway.importing.progress import Tally
from gateway.ingest.desk import Desk
from gateway.ingest.receive import receive

_log = structlog.get_logger(__name__)


class Tray:
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

    def __init__(self, desk: Desk, tray: Tray, office: Office, cut_off: datetime | None) -> None:
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
