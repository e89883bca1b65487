import pytest

from core.message import Speaker, SpeakerKind
from core.policy.standing import Parties, has_standing
from core.profile_loading import load_profile

PARTIES = Parties(requester_id=1, organization_id=7, participant_ids=frozenset({2}))


def person(number: int, organization_id: int | None = 7, **more) -> Speaker:
    values = {"kind": SpeakerKind.PERSON, "id": number, "organization_id": organization_id, "may_speak": True}
    return Speaker(**(values | more))


@pytest.mark.parametrize(
    ("who", "colleagues", "stands"),
    [
        pytest.param(person(1), False, True, id="requester"),
        pytest.param(person(2, 9), False, True, id="participant-of-another-organization"),
        pytest.param(person(3), True, True, id="colleague-where-the-profile-says-so"),
        pytest.param(person(3), False, False, id="colleague-elsewhere"),
        pytest.param(person(3, 9), True, False, id="stranger"),
        pytest.param(person(3, None), True, False, id="nobody's"),
        pytest.param(person(1, blocked=True), True, False, id="blocked-requester"),
        pytest.param(person(1, may_speak=False), True, False, id="requester-who-lost-the-right"),
        pytest.param(person(1, kind=SpeakerKind.AGENT), True, False, id="agent-with-the-same-number"),
        pytest.param(person(1, kind=SpeakerKind.BOARD), True, False, id="board"),
        pytest.param(Speaker(), True, False, id="unknown"),
    ],
)
def test_standing_belongs_to_requester_participants_and_where_allowed_colleagues(who, colleagues, stands):
    profile = load_profile("instituicoes" if colleagues else "representantes")

    assert has_standing(who, PARTIES, profile) is stands


def test_what_a_board_asked_for_is_no_colleagues_to_read():
    parties = Parties(requester_id=None, organization_id=7, participant_ids=frozenset())

    assert not has_standing(person(3), parties, load_profile("instituicoes"))


def test_a_ticket_of_no_organization_has_no_colleagues():
    parties = Parties(requester_id=None, organization_id=None, participant_ids=frozenset())

    assert not has_standing(person(3, None), parties, load_profile("instituicoes"))
