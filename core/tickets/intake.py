"""The worker's door: a batch of messages becomes one transaction, each filed, held or counted."""

from collections.abc import Sequence
from datetime import datetime

from core.database import telling_away, transaction
from core.decision import Reason
from core.deliveries import DeliveryRef
from core.message import Bounce, Inbound, InboundMessage, SpeakerKind
from core.people.tables import Agent
from core.tickets import agent_mail, bouncing, threading
from core.tickets.archiving import add_archived, open_archived
from core.tickets.complementing import complement, is_inquiry, note_inquiry, succeeds
from core.tickets.entering import enter, filed_already, held_before, turn
from core.tickets.filing import Filing
from core.tickets.holding import held_row, resolve_held
from core.tickets.numbered import Numbered, draw, return_unused
from core.tickets.office import Office
from core.tickets.opening import open_from_message
from core.tickets.placing import place_of
from core.tickets.refusing import tell_refused
from core.tickets.speaking import speaker_of, speakers_now
from core.tickets.tables import Held, Intake, Ticket
from core.tickets.taking_over import taken_over
from core.tickets.threading import threaded_by


async def file_batch(messages: Sequence[Inbound], office: Office, now: datetime) -> list[DeliveryRef]:
    """File all of `messages` in one transaction; the deliveries it made are to be announced.

    A message that was filed before changes nothing. Raises `Unavailable` when the database is
    away; any other exception means nothing of the batch was written.
    """
    async with telling_away():
        filing = Filing(office, now, await Agent.filter(blocked=False).order_by("id"))
        numbers = await draw(office, sum(_may_open(each) for each in messages), now)
        batch = _Batch(filing, numbers)
        async with transaction():
            await batch.file(messages)
            await batch.write()
    return_unused(office, batch.numbers)
    return filing.delivery_refs()


def _may_open(message: Inbound) -> bool:
    return isinstance(message, InboundMessage) and message.held_for is None


_HELD_AGAIN = [
    "reason", "sender_sealed", "body_sealed", "state", "decided_by", "decided_at", "organization_id",
]  # fmt: skip


class _Batch:
    """One batch under way: the ledger's rows beside the harvest of the verbs."""

    def __init__(self, filing: Filing, numbers: list[Numbered]) -> None:
        self.filing = filing
        self.numbers = numbers
        self.held: list[Held] = []
        self.turned: list[tuple[InboundMessage, str, Reason]] = []
        self.settled_keys: list[str] = []

    async def file(self, messages: Sequence[Inbound]) -> None:
        fresh = await enter(messages, self.filing.now)
        self.settled_keys += filed_already(messages, fresh)
        await tell_refused(fresh, self.filing)
        wanted = [each for each in fresh if isinstance(each, InboundMessage) and each.held_for is None]
        bounces = [each for each in fresh if isinstance(each, Bounce)]
        candidates = await threading.candidates(wanted, self.filing.now, bouncing.tickets_of(bounces))
        speakers = await speakers_now(wanted)
        theirs = await taken_over(wanted)
        for message in fresh:
            if not isinstance(message, InboundMessage):
                continue
            if message.held_for is not None:
                self._hold(message, message.held_for)
                continue
            speaker = speaker_of(message, speakers, self.filing.office.profile)
            reason = Reason.NO_STANDING if speaker is None else self._file_one(
                theirs.get(message.intake_id, message.model_copy(update={"speaker": speaker})), candidates
            )
            if reason is None:
                self.settled_keys.append(message.dedupe_key)
            elif reason is Reason.INVALID_FIELDS:
                self.turned.append((message, "refused", reason))
                self.settled_keys.append(message.dedupe_key)
            else:
                self.turned.append((message, "held", reason))
                self._hold(message, reason)
        await bouncing.file_bounces(self.filing, bounces, candidates.tickets)

    async def write(self) -> None:
        await self.filing.write()
        for message, outcome, reason in self.turned:
            if outcome == "held" and await held_before(message, reason):
                self.held = [row for row in self.held if row.id != message.intake_id]
                await Intake.filter(id=message.intake_id).delete()
            else:
                await turn(message, outcome, reason)
        if self.held:
            # A released message that another rule holds again takes its old place.
            await Held.bulk_create(self.held, on_conflict=["id"], update_fields=_HELD_AGAIN)
        if self.settled_keys:
            await resolve_held(self.settled_keys, self.filing.now)

    def _file_one(self, message: InboundMessage, candidates: threading.Candidates) -> Reason | None:
        """File `message` where it belongs; the reason when it may not be filed."""
        profile = self.filing.office.profile
        place = place_of(message, candidates, profile)
        match = place.match
        if place.reason is not None:
            return place.reason
        if match is None:
            if not is_inquiry(message):
                self._open(message, candidates, None)
            return None
        if message.speaker.kind is SpeakerKind.AGENT:
            return agent_mail.file(self.filing, match, message, candidates)
        if message.archived_at is not None:
            add_archived(self.filing, match.ticket, message, threaded_by(message, match), message.archived_at)
            candidates.add(match.ticket, [message.message_id])
        elif is_inquiry(message):
            note_inquiry(self.filing, match.ticket, message)
        elif succeeds(match.ticket, message, profile, self.filing.now):
            self._open(message, candidates, match.ticket)
        else:
            complement(self.filing, match.ticket, message, threaded_by(message, match))
            candidates.add(match.ticket, [message.message_id])
        return None

    def _open(self, message: InboundMessage, candidates: threading.Candidates, linked_to: Ticket | None) -> None:
        numbered = self.numbers.pop(0)
        if message.archived_at is not None:
            ticket = open_archived(self.filing, message, numbered, message.archived_at)
        else:
            ticket = open_from_message(self.filing, message, numbered, linked_to)
        candidates.add(ticket, [message.message_id])
        for awaited in self.filing.awaited:
            if awaited.ticket_id == ticket.id:
                candidates.awaiting.setdefault((awaited.message_id, awaited.person_id), ticket.id)

    def _hold(self, message: InboundMessage, reason: Reason) -> None:
        self.held.append(held_row(message, reason, self.filing.office))
