"""Whether a colleague answered between a notice and the mail that answers it (AG06)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from core.deliveries import Delivery
from core.message import InboundMessage, SpeakerKind
from core.tickets.tables import Entry, Event

# Our own Message-IDs (core.tickets.return_addresses) end in the delivery they belong to.
_OURS = re.compile(r"[a-z2-7]{44}\.([0-9a-f]{32})@", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Overtaken:
    """The ticket a mail's notice was about, and who has answered the customer since."""

    ticket_id: int
    name: str


async def overtaken(messages: Sequence[InboundMessage]) -> dict[UUID, Overtaken]:
    """Those of the agents' mails that were overtaken, by their intake; mails that name no notice never are."""
    named = {each.intake_id: _deliveries(each) for each in messages if each.speaker.kind is SpeakerKind.AGENT}
    wanted = {each for ids in named.values() for each in ids}
    if not wanted:
        return {}
    notices = await Delivery.in_bulk(wanted, "id")
    events = await Event.in_bulk({each.event_id for each in notices.values() if each.event_id}, "id")
    found: dict[UUID, Overtaken] = {}
    for message in messages:
        for each in named.get(message.intake_id, ()):
            notice = notices.get(each)
            event = events.get(notice.event_id) if notice and notice.event_id else None
            if notice and event and (notice.recipient_kind, notice.recipient_id) == ("agent", message.speaker.id):
                if entry := await _answer_since(event, message.speaker.id):
                    found[message.intake_id] = Overtaken(event.ticket_id, entry.author_name)
                break  # The newest notice it answers is the one its writer had read.
    return found


def _deliveries(message: InboundMessage) -> list[UUID]:
    """The deliveries its references name, newest first."""
    return [UUID(found.group(1)) for each in message.references if (found := _OURS.match(each))]


async def _answer_since(event: Event, agent_id: int) -> Entry | None:
    answers = Entry.filter(
        ticket_id=event.ticket_id, kind="reply", visibility="public", author_role="agent", at__gt=event.at
    )
    return await answers.exclude(author_id=agent_id).order_by("-seq").first()
