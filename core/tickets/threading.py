"""Which ticket a message belongs to, by the strongest of its claims that names one we have."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from core.database import is_postgres
from core.message import Claim, ClaimKind, InboundMessage, Speaker
from core.policy.standing import Parties, has_standing
from core.profile import Profile
from core.tickets.overtaken import Overtaken, overtaken
from core.tickets.rights import parties_of
from core.tickets.tables import FINAL, AwaitedOriginal, Participant, StoredMessageId, Ticket


@dataclass(frozen=True, slots=True)
class Match:
    """A ticket, and by which claim the message was matched to it."""

    ticket: Ticket
    claim: Claim


@dataclass(slots=True)
class Candidates:
    """Every ticket the messages of one batch may belong to, looked up in bulk and held locked."""

    tickets: dict[int, Ticket] = field(default_factory=dict)
    by_protocol: dict[str, int] = field(default_factory=dict)
    by_message_id: dict[str, list[int]] = field(default_factory=dict)
    by_chat: dict[str, int] = field(default_factory=dict)
    awaiting: dict[tuple[str, int], int] = field(default_factory=dict)
    participants: dict[int, set[int]] = field(default_factory=dict)
    overtaken: dict[UUID, Overtaken] = field(default_factory=dict)

    def add(self, ticket: Ticket, message_ids: Iterable[str] = ()) -> None:
        """Make a ticket opened in this batch findable by the batch's later messages."""
        self.tickets[ticket.id] = ticket
        self.by_protocol[ticket.protocol] = ticket.id
        if ticket.chat:
            self.by_chat[ticket.chat] = ticket.id
        for message_id in message_ids:
            self.by_message_id.setdefault(message_id, []).append(ticket.id)

    def match(self, message: InboundMessage, profile: Profile) -> Match | None:
        """The ticket of the first claim, in order of precedence, that names one."""
        for claim in message.claims:
            if ticket := self._named_by(claim, message.speaker, profile):
                return Match(ticket, claim)
        return self._awaited(message)

    def parties(self, ticket: Ticket) -> Parties:
        """Who belongs to `ticket`, as the rule of standing wants it."""
        return Parties(
            requester_id=ticket.requester_id,
            organization_id=ticket.organization_id,
            participant_ids=frozenset(self.participants.get(ticket.id, ())),
        )

    def _named_by(self, claim: Claim, speaker: Speaker, profile: Profile) -> Ticket | None:
        if claim.ticket_id is not None:
            return self.tickets.get(claim.ticket_id)
        if claim.kind is ClaimKind.PROTOCOL:
            return self.tickets.get(self.by_protocol.get(claim.text, 0))
        if claim.kind is ClaimKind.CHAT:
            ticket = self.tickets.get(self.by_chat.get(claim.text, 0))
            return ticket if ticket and ticket.status not in FINAL else None
        found = [self.tickets[each] for each in self.by_message_id.get(claim.text, ()) if each in self.tickets]
        # Different mails may carry one Message-ID (S09): his own ticket comes before another's.
        own = [each for each in found if has_standing(speaker, self.parties(each), profile)]
        return max(own or found, key=lambda ticket: ticket.id, default=None)

    def _awaited(self, message: InboundMessage) -> Match | None:
        ticket = self.tickets.get(self.awaiting.get((message.message_id, message.speaker.id), 0))
        if ticket is None:
            return None
        return Match(ticket, Claim(kind=ClaimKind.REFERENCES, text=message.message_id))


def threaded_by(message: InboundMessage, match: Match) -> str:
    """By what an entry says that it came to its ticket."""
    return "form" if message.channel == "form" else match.claim.kind.value


async def candidates(
    messages: Sequence[InboundMessage], now: datetime, ticket_ids: Iterable[int] = (), *, locked: bool = True
) -> Candidates:
    """Look up and lock what the claims of `messages` name, and `ticket_ids`; part of the caller's transaction.

    Not `locked` it is a mere look, which needs no transaction and holds nobody up.
    """
    found = Candidates()
    claims = [claim for message in messages for claim in message.claims]
    ids = {*ticket_ids, *(claim.ticket_id for claim in claims if claim.ticket_id is not None)}
    ids |= await _by_message_ids(found, {each.text for each in claims if each.kind is ClaimKind.REFERENCES})
    ids |= await _by_awaited(found, {each.message_id for each in messages if each.message_id}, now)
    protocols = {claim.text for claim in claims if claim.kind is ClaimKind.PROTOCOL}
    chats = {claim.text for claim in claims if claim.kind is ClaimKind.CHAT}
    if protocols:
        ids |= set(await _ids(Ticket.filter(protocol__in=protocols).values_list("id", flat=True)))
    if chats:
        ids |= set(await _ids(Ticket.filter(chat__in=chats).exclude(status__in=FINAL).values_list("id", flat=True)))
    await _load(found, ids, locked=locked)
    # After the locks: whoever answered first has committed by now.
    found.overtaken = await overtaken(messages)
    return found


async def _by_message_ids(found: Candidates, message_ids: set[str]) -> set[int]:
    if not message_ids:
        return set()
    for row in await StoredMessageId.filter(message_id__in=message_ids):
        found.by_message_id.setdefault(row.message_id, []).append(row.ticket_id)
    return {each for ids in found.by_message_id.values() for each in ids}


async def _by_awaited(found: Candidates, message_ids: set[str], now: datetime) -> set[int]:
    if not message_ids:
        return set()
    for row in await AwaitedOriginal.filter(message_id__in=message_ids, expires_at__gt=now).order_by("id"):
        found.awaiting.setdefault((row.message_id, row.person_id), row.ticket_id)
    return set(found.awaiting.values())


async def _load(found: Candidates, ids: set[int], *, locked: bool) -> None:
    if not ids:
        return
    rows = Ticket.filter(id__in=ids).order_by("id")
    # In order of id, so that two workers never wait for each other.
    for ticket in await (rows.select_for_update(no_key=True) if locked and is_postgres() else rows):
        found.add(ticket)
    for participant in await Participant.filter(ticket_id__in=ids):
        found.participants.setdefault(participant.ticket_id, set()).add(participant.person_id)


async def _ids(query: object) -> list[int]:
    return list(await query)  # type: ignore[misc]


async def ticket_for_speaker(protocol: str, speaker: Speaker, profile: Profile) -> int | None:
    """The ticket of `protocol` when `speaker` has standing on it; else None, whatever the cause (T22)."""
    ticket = await Ticket.get_or_none(protocol=protocol)
    if ticket is None:
        return None
    return ticket.id if has_standing(speaker, await parties_of(ticket), profile) else None
