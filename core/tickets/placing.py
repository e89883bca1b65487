"""Where a message belongs, and whether it may be filed there: judged on what was looked up, and nothing is changed."""

from dataclasses import dataclass

from core.decision import Reason
from core.message import InboundMessage, SpeakerKind
from core.policy.standing import has_standing
from core.profile import Profile
from core.tickets import agent_mail
from core.tickets.threading import Candidates, Match


@dataclass(frozen=True, slots=True)
class Place:
    """The ticket a message belongs to, None for a new one; `reason` says why it may not be filed."""

    match: Match | None
    reason: Reason | None = None


def place_of(message: InboundMessage, candidates: Candidates, profile: Profile) -> Place:
    """The place of `message` among `candidates` (INTERFACES.md §5); its speaker is as he is at this moment."""
    match = candidates.match(message, profile)
    if message.speaker.kind is SpeakerKind.AGENT:
        # What an agent once answered went to the customer then; from an archive it does nothing now.
        is_past = message.archived_at is not None
        return Place(match, Reason.NO_STANDING if is_past else agent_mail.stop_of(match, message))
    if match is None or Reason.NO_STANDING in message.released_rules:
        return Place(match)
    has_part = has_standing(message.speaker, candidates.parties(match.ticket), profile)
    has_part = has_part or _is_of_the_same_sender(message, match)
    return Place(match, None if has_part else Reason.NO_STANDING)


def _is_of_the_same_sender(message: InboundMessage, match: Match) -> bool:
    """Whether somebody nobody knows writes on by the excepted channel that opened the ticket (S4-27)."""
    is_his = match.claim.text == match.ticket.chat == message.chat
    return message.speaker.kind is SpeakerKind.UNKNOWN and is_his and match.ticket.opened_via == message.channel
