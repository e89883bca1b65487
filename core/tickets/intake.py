"""The worker's door: a batch of messages becomes one transaction, each filed, held or counted."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from core.database import query, telling_away, transaction
from core.decision import Reason
from core.deliveries import DeliveryRef
from core.message import Bounce, Inbound, InboundMessage, RefusedMessage, Speaker, SpeakerKind
from core.people.tables import Agent, Organization, Person
from core.policy.standing import has_standing
from core.tickets import agent_mail, bouncing, threading
from core.tickets.archiving import add_archived, open_archived
from core.tickets.complementing import complement, is_inquiry, note_inquiry, succeeds
from core.tickets.filing import Filing
from core.tickets.holding import held_row, resolve_held
from core.tickets.numbered import Numbered, draw, return_unused
from core.tickets.office import Office
from core.tickets.opening import open_from_message
from core.tickets.refusing import tell_refused
from core.tickets.tables import Held, Intake, Ticket
from core.tickets.taking_over import taken_over


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


_HELD_AGAIN = ["reason", "sender_sealed", "body_sealed", "state", "decided_by", "decided_at"]


class _Batch:
    """One batch under way: the ledger's rows beside the harvest of the verbs."""

    def __init__(self, filing: Filing, numbers: list[Numbered]) -> None:
        self.filing = filing
        self.numbers = numbers
        self.held: list[Held] = []
        self.turned: list[tuple[InboundMessage, str, Reason]] = []
        self.settled_keys: list[str] = []

    async def file(self, messages: Sequence[Inbound]) -> None:
        fresh = await _enter(messages, self.filing.now)
        self.settled_keys += _filed_already(messages, fresh)
        await tell_refused(fresh, self.filing)
        wanted = [each for each in fresh if isinstance(each, InboundMessage) and each.held_for is None]
        bounces = [each for each in fresh if isinstance(each, Bounce)]
        candidates = await threading.candidates(wanted, self.filing.now, bouncing.tickets_of(bounces))
        speakers = await _speakers_now(wanted)
        theirs = await taken_over(wanted)
        for message in fresh:
            if not isinstance(message, InboundMessage):
                continue
            if message.held_for is not None:
                self._hold(message, message.held_for)
                continue
            speaker = speakers.get((message.speaker.kind, message.speaker.id))
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
            if outcome == "held" and await _held_before(message, reason):
                self.held = [row for row in self.held if row.id != message.intake_id]
                await Intake.filter(id=message.intake_id).delete()
            else:
                await _turn(message, outcome, reason)
        if self.held:
            # A released message that another rule holds again takes its old place.
            await Held.bulk_create(self.held, on_conflict=["id"], update_fields=_HELD_AGAIN)
        if self.settled_keys:
            await resolve_held(self.settled_keys, self.filing.now)

    def _file_one(self, message: InboundMessage, candidates: threading.Candidates) -> Reason | None:
        """File `message` where it belongs; the reason when it may not be filed."""
        profile = self.filing.office.profile
        match = candidates.match(message, profile)
        if message.speaker.kind is SpeakerKind.AGENT:
            if message.archived_at is not None:
                # What an agent once answered went to the customer then; it does nothing now.
                return Reason.NO_STANDING
            return agent_mail.file(self.filing, match, message, candidates)
        if match is None:
            if not is_inquiry(message):
                self._open(message, candidates, None)
            return None
        is_released = Reason.NO_STANDING in message.released_rules
        if not is_released and not has_standing(message.speaker, candidates.parties(match.ticket), profile):
            return Reason.NO_STANDING
        if message.archived_at is not None:
            add_archived(self.filing, match.ticket, message, _threaded_by(message, match), message.archived_at)
            candidates.add(match.ticket, [message.message_id])
        elif is_inquiry(message):
            note_inquiry(self.filing, match.ticket, message)
        elif succeeds(match.ticket, message, self.filing):
            self._open(message, candidates, match.ticket)
        else:
            complement(self.filing, match.ticket, message, _threaded_by(message, match))
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


def _threaded_by(message: InboundMessage, match: threading.Match) -> str:
    return "form" if message.channel == "form" else match.claim.kind.value


async def _enter(messages: Sequence[Inbound], now: datetime) -> list[Inbound]:
    """Enter all into the ledger; those that were not there yet, in order.

    This is the transaction's first statement, and its unique key alone decides between two
    processes that have the same mail.
    """
    # One that is held comes for the first time, whatever an importing operator has vouched for.
    released = [m for m in messages if isinstance(m, InboundMessage) and m.released_rules and not m.held_for]
    freed: list[Inbound] = [each for each in released if await _enter_released(each)]
    done = await _filed_before([m for m in messages if isinstance(m, InboundMessage) and m.held_for])
    rows = {m.intake_id: m for m in messages if m not in released and _key(m) not in done}
    return freed + (await _insert(rows, now) if rows else [])


async def _enter_released(message: InboundMessage) -> bool:
    """Turn the ledger's row of a held message into a filed one; False when a copy was filed before."""
    key = f"filed:{message.dedupe_key}"
    rows = await query(
        'UPDATE "intake" SET "dedupe_key" = $1, "outcome" = $2, "reason" = NULL, "trail" = $6 WHERE "id" = $3'
        ' AND "outcome" = $4 AND NOT EXISTS (SELECT 1 FROM "intake" AS "other" WHERE "other"."dedupe_key" = $5)'
        ' RETURNING "id"',
        [key, "filed", message.intake_id, "held", key, " ".join(message.trail)],
    )
    return bool(rows)


def _filed_already(messages: Sequence[Inbound], fresh: Sequence[Inbound]) -> list[str]:
    """The keys of released ones whose mail another copy brought: else they would be published for ever."""
    entered = {each.intake_id for each in fresh}
    return [
        each.dedupe_key for each in messages
        if isinstance(each, InboundMessage) and each.released_rules and not each.held_for
        and each.intake_id not in entered
    ]  # fmt: skip


async def _insert(rows: dict[UUID, Inbound], now: datetime) -> list[Inbound]:
    values: list[object] = []
    for each in rows.values():
        values += _ledger_row(each, now)
    places = ", ".join(
        "(" + ", ".join(f"${row * len(_COLUMNS) + n + 1}" for n in range(len(_COLUMNS))) + ")"
        for row in range(len(rows))
    )
    columns = ", ".join(f'"{name}"' for name in _COLUMNS)
    entered = await query(
        f'INSERT INTO "intake" ({columns}) VALUES {places} ON CONFLICT DO NOTHING RETURNING "id"', values
    )
    fresh = {UUID(str(row["id"])) for row in entered}
    return [each for key, each in rows.items() if key in fresh]


_COLUMNS = (
    "id", "dedupe_key", "channel", "outcome", "reason", "received_at", "decided_at", "sender_hash",
    "message_id_hash", "size", "token_id", "trail", "flags",
)  # fmt: skip
_MAX_FLAGS = 500


def _ledger_row(message: Inbound, now: datetime) -> list[object]:
    outcome, _, _ = _key(message).partition(":")
    reason = None
    if isinstance(message, RefusedMessage):
        reason = message.reason.value
    elif isinstance(message, InboundMessage) and message.held_for:
        reason = message.held_for.value
    return [
        message.intake_id, _key(message), message.channel, outcome, reason, message.received_at, now,
        message.sender_hash, message.message_id_hash, message.size, getattr(message, "token_id", None),
        " ".join(message.trail), " ".join(message.flags)[:_MAX_FLAGS],
    ]  # fmt: skip


def _key(message: Inbound) -> str:
    if isinstance(message, RefusedMessage):
        return f"refused:{message.intake_id}"
    if isinstance(message, Bounce):
        return f"bounce:{message.dedupe_key}"
    return f"{'held' if message.held_for else 'filed'}:{message.dedupe_key}"


async def _filed_before(held: Sequence[InboundMessage]) -> set[str]:
    """The keys of held copies whose mail was filed already: nothing is left to decide about them."""
    if not held:
        return set()
    keys = [f"filed:{each.dedupe_key}" for each in held]
    rows = await Intake.filter(dedupe_key__in=keys).values_list("dedupe_key", flat=True)
    return {str(each).replace("filed:", "held:", 1) for each in rows}


async def _held_before(message: InboundMessage, reason: Reason) -> bool:
    """Whether it merely came again: one decision is enough, and one row of the ledger (S08)."""
    if message.released_rules:
        return False  # it has its row, and an operator is waiting for it
    return await Held.exists(dedupe_key=message.dedupe_key, reason=reason.value)


async def _turn(message: InboundMessage, outcome: str, reason: Reason) -> None:
    """Correct the ledger's row of a message that could not be filed after all."""
    key = f"{outcome}:{message.dedupe_key}"
    if await Intake.exists(dedupe_key=key):
        # Another copy stands there already; this one tells no more.
        key = f"{outcome}:{message.intake_id}"
    trail = " ".join((*message.trail, f"filing={outcome}"))
    await Intake.filter(id=message.intake_id).update(
        dedupe_key=key, outcome=outcome, reason=reason.value, trail=trail
    )


async def _speakers_now(messages: Sequence[InboundMessage]) -> dict[tuple[SpeakerKind, int], Speaker]:
    """The speakers who may speak at this moment; who lost the right since the door is missing."""
    persons = {m.speaker.id for m in messages if m.speaker.kind is SpeakerKind.PERSON}
    agents = {m.speaker.id for m in messages if m.speaker.kind is SpeakerKind.AGENT}
    found: dict[tuple[SpeakerKind, int], Speaker] = {}
    if persons:
        for person in await Person.filter(id__in=persons, may_speak=True, blocked=False):
            found[SpeakerKind.PERSON, person.id] = Speaker(
                kind=SpeakerKind.PERSON, id=person.id, name=person.name, email=person.email,
                organization_id=person.organization_id, role=person.role, may_speak=True,
            )  # fmt: skip
    if agents:
        for agent in await Agent.filter(id__in=agents, blocked=False):
            found[SpeakerKind.AGENT, agent.id] = Speaker(
                kind=SpeakerKind.AGENT, id=agent.id, name=agent.name, email=agent.email, role=agent.role,
                sector=agent.sector,
            )  # fmt: skip
    return found | await _boards_now(messages)


async def _boards_now(messages: Sequence[InboundMessage]) -> dict[tuple[SpeakerKind, int], Speaker]:
    """The boards that still write from the mailbox their organization has named."""
    boards = {m.speaker.id: m.speaker for m in messages if m.speaker.kind is SpeakerKind.BOARD}
    if not boards:
        return {}
    rows = await Organization.filter(id__in=boards).values("id", "board_mailbox")
    named = {row["id"]: row["board_mailbox"] for row in rows}
    return {(SpeakerKind.BOARD, id_): each for id_, each in boards.items() if named.get(id_) == each.email}
