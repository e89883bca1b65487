"""May this person touch this ticket? Judged on values, never on rows."""

from dataclasses import dataclass

from core.message import Speaker, SpeakerKind
from core.profile import Profile


@dataclass(frozen=True, slots=True)
class Parties:
    """Who belongs to a ticket: its requester, its organization, the persons added to it."""

    requester_id: int | None
    organization_id: int | None
    participant_ids: frozenset[int]


def may_speak(speaker: Speaker) -> bool:
    """Whether he is a registered person with the right to speak with support, and not blocked."""
    return speaker.kind is SpeakerKind.PERSON and speaker.may_speak and not speaker.blocked


def has_standing(speaker: Speaker, parties: Parties, profile: Profile) -> bool:
    """Whether `speaker` may read and complement the ticket of `parties` (INTERFACES.md §5).

    The requester, participants, and, where the profile says so, permitted colleagues of the
    requester's organization.
    """
    if not may_speak(speaker):
        return False
    if speaker.id == parties.requester_id or speaker.id in parties.participant_ids:
        return True
    # What a board asked for is no colleague's to read: no person stands behind it.
    if not profile.access.colleagues_have_standing or parties.requester_id is None:
        return False
    return speaker.organization_id is not None and speaker.organization_id == parties.organization_id
