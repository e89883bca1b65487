"""Who may still speak at the moment a message is filed."""

from collections.abc import Sequence

from core.message import InboundMessage, Speaker, SpeakerKind
from core.people.agent_rights import rights_of
from core.people.scopes import scopes_of
from core.people.tables import Agent, Organization, Person
from core.policy.channels import exceptions_for
from core.profile import Profile


async def speakers_now(messages: Sequence[InboundMessage]) -> dict[tuple[SpeakerKind, int], Speaker]:
    """The speakers who may speak at this moment; who lost the right since the door is missing.

    By which channel his organization lets him speak was asked at the door, and is not asked again.
    """
    persons = {m.speaker.id for m in messages if m.speaker.kind is SpeakerKind.PERSON}
    agents = {m.speaker.id for m in messages if m.speaker.kind is SpeakerKind.AGENT}
    found: dict[tuple[SpeakerKind, int], Speaker] = {}
    if persons:
        for person in await Person.filter(id__in=persons, may_speak=True, blocked=False):
            found[SpeakerKind.PERSON, person.id] = Speaker(
                kind=SpeakerKind.PERSON, id=person.id, name=person.name, email=person.email,
                organization_id=person.organization_id, role=person.role, may_speak=True,
                administers=person.administers, scopes=scopes_of(person.scopes),
            )  # fmt: skip
    if agents:
        for agent in await Agent.filter(id__in=agents, blocked=False):
            found[SpeakerKind.AGENT, agent.id] = Speaker(
                kind=SpeakerKind.AGENT, id=agent.id, name=agent.name, email=agent.email, role=agent.role,
                sector=agent.sector, also=rights_of(agent.also),
            )  # fmt: skip
    return found | await _boards_now(messages)


def speaker_of(
    message: InboundMessage, found: dict[tuple[SpeakerKind, int], Speaker], profile: Profile
) -> Speaker | None:
    """Who speaks in `message` among those `found`; None when he may not.

    Nobody known may speak by an exception of the profile that is in force, and by nothing else (S4-27).
    """
    if message.speaker.kind is SpeakerKind.UNKNOWN:
        return Speaker() if exceptions_for(message, profile) else None
    return found.get((message.speaker.kind, message.speaker.id))


async def _boards_now(messages: Sequence[InboundMessage]) -> dict[tuple[SpeakerKind, int], Speaker]:
    """The boards that still write from the mailbox their organization has named."""
    boards = {m.speaker.id: m.speaker for m in messages if m.speaker.kind is SpeakerKind.BOARD}
    if not boards:
        return {}
    rows = await Organization.filter(id__in=boards).values("id", "board_mailbox")
    named = {row["id"]: row["board_mailbox"] for row in rows}
    return {(SpeakerKind.BOARD, id_): each for id_, each in boards.items() if named.get(id_) == each.email}
