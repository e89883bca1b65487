"""Rules begin and end at midnight by the desk's clock, not by the server's."""

from datetime import UTC, date, datetime, timedelta

import pytest

from core.decision import Reason
from core.message import Authentication, Intent, Override, Speaker
from core.policy.admission import judge
from core.policy.channels import ChannelState, channel_state, may_through
from core.policy.reasons import public_text
from core.profile import ChannelChange, ChannelException, Profile
from core.profile_loading import load_profile
from tests.policy.cast import ANA, BOARD, message, outcome

INSTITUICOES = load_profile("instituicoes")
DAY = date(2027, 3, 1)
# Midnight in São Paulo is three hours after midnight in Greenwich.
MIDNIGHT = datetime(2027, 3, 1, 3, tzinfo=UTC)
BEFORE, AFTER = MIDNIGHT - timedelta(microseconds=1), MIDNIGHT
GREENWICH = datetime(2027, 3, 1, 0, tzinfo=UTC)


def changed(channel: str, **values: object) -> Profile:
    rule = INSTITUICOES.channels[channel].model_copy(update=values)
    return INSTITUICOES.model_copy(update={"channels": INSTITUICOES.channels | {channel: rule}})


def call(at: datetime, speaker: Speaker = ANA, intent: Intent = Intent.OPEN):
    return message("phone", speaker=speaker, intent=intent, authentication=Authentication.AGENT, received_at=at)


@pytest.mark.parametrize(
    ("at", "expected"),
    [(GREENWICH, "phone_may_not_open"), (BEFORE, "phone_may_not_open"), (AFTER, "accept")],
    ids=["midnight-in-greenwich", "just-before", "from-midnight"],
)
def test_S4_23_a_channel_may_do_more_from_a_day_on(at, expected):
    profile = changed("phone", changes=(ChannelChange(since=DAY, may=tuple(Intent)),))

    assert outcome(judge(call(at), profile)) == expected


@pytest.mark.parametrize(("at", "expected"), [(BEFORE, "accept"), (AFTER, "unofficial_channel")])
def test_S4_04_a_channel_stops_being_official_and_is_named_no_more(at, expected):
    profile = changed("form", changes=(ChannelChange(since=DAY, may=()),))
    post = message("form", authentication=Authentication.FORM_TOKEN, received_at=at)
    is_official = expected == "accept"

    assert outcome(judge(post, profile)) == expected
    assert (channel_state("form", profile, at) is ChannelState.OFFICIAL) is is_official
    told = public_text(Reason.NOT_AUTHORIZED, "pt-BR", profile, at)
    assert ("formulário da Área de Clientes" in told) is is_official


def test_of_several_changes_the_last_that_began_counts():
    changes = (ChannelChange(since=DAY, may=(Intent.INQUIRE,)), ChannelChange(since=DAY + timedelta(1), may=()))
    profile = changed("phone", changes=changes)

    found = [profile.may("phone", MIDNIGHT + timedelta(days)) for days in (-1, 0, 1, 400)]

    assert found == [(Intent.COMPLEMENT, Intent.INQUIRE), (Intent.INQUIRE,), (), ()]


@pytest.mark.parametrize(
    ("since", "until", "at", "expected"),
    [
        pytest.param(DAY, None, BEFORE, "unofficial_channel", id="not-yet"),
        pytest.param(DAY, None, AFTER, "accept", id="from-its-day"),
        pytest.param(None, DAY, BEFORE, "accept", id="until-its-day"),
        pytest.param(None, DAY, AFTER, "unofficial_channel", id="no-more"),
        pytest.param(DAY, DAY + timedelta(1), AFTER + timedelta(hours=23), "accept", id="one-day"),
        pytest.param(DAY, DAY + timedelta(1), AFTER + timedelta(hours=24), "unofficial_channel", id="one-day-over"),
    ],
)
def test_S4_27_an_exception_holds_for_its_days(since, until, at, expected):
    exception = ChannelException(sector="comercial", purpose="negotiation", since=since, until=until)
    profile = changed("whatsapp", exceptions=(exception,))
    said = message(
        "whatsapp", speaker=Speaker(), authentication=Authentication.NONE, received_at=at,
        sector="comercial", purpose="negotiation", text="Quanto custa?",
    )  # fmt: skip

    assert outcome(judge(said, profile)) == expected


def with_own(*overrides: Override) -> Speaker:
    return ANA.model_copy(update={"overrides": overrides})


@pytest.mark.parametrize(
    ("since", "until", "at", "expected"),
    [
        pytest.param(None, None, BEFORE, "accept", id="always"),
        pytest.param(DAY, None, BEFORE, "phone_may_not_open", id="not-yet"),
        pytest.param(DAY, None, AFTER, "accept", id="from-its-day"),
        pytest.param(None, DAY, BEFORE, "accept", id="until-its-day"),
        pytest.param(None, DAY, AFTER, "phone_may_not_open", id="no-more"),
    ],
)
def test_an_organizations_own_rule_holds_for_its_days(since, until, at, expected):
    own = Override(channel="phone", may=tuple(Intent), since=since, until=until)

    assert outcome(judge(call(at, with_own(own)), INSTITUICOES)) == expected


@pytest.mark.parametrize(
    ("channel", "own", "intent", "expected"),
    [
        pytest.param("email", (), Intent.OPEN, "unofficial_channel", id="shut-for-them"),
        pytest.param("email", (Intent.COMPLEMENT,), Intent.OPEN, "unofficial_channel", id="only-complements"),
        pytest.param("email", (Intent.COMPLEMENT,), Intent.COMPLEMENT, "accept", id="complements"),
        pytest.param("phone", (), Intent.INQUIRE, "unofficial_channel", id="no-telephone"),
        pytest.param("telegram", tuple(Intent), Intent.OPEN, "unofficial_channel", id="makes-nothing-official"),
        pytest.param("whatsapp", tuple(Intent), Intent.OPEN, "unofficial_channel", id="S4-27-nor-whatsapp"),
        pytest.param("fax", tuple(Intent), Intent.OPEN, "unofficial_channel", id="nor-the-unlisted"),
    ],
)
def test_an_organizations_own_rule_concerns_official_channels_alone(channel, own, intent, expected):
    said = message(channel, speaker=with_own(Override(channel=channel, may=own)), intent=intent)

    assert outcome(judge(said, INSTITUICOES)) == expected


def test_it_concerns_no_other_channel_no_other_person_and_no_board():
    own = Override(channel="phone", may=())

    assert judge(message(speaker=with_own(own)), INSTITUICOES).is_accepted
    assert may_through("phone", ANA, INSTITUICOES, MIDNIGHT) == (Intent.COMPLEMENT, Intent.INQUIRE)
    board = BOARD.model_copy(update={"overrides": (Override(channel="email", may=()),)})
    assert may_through("email", board, INSTITUICOES, MIDNIGHT) == tuple(Intent)


def test_of_several_that_hold_the_last_counts():
    speaker = with_own(Override(channel="phone", may=()), Override(channel="phone", may=(Intent.OPEN,)))

    assert may_through("phone", speaker, INSTITUICOES, MIDNIGHT) == (Intent.OPEN,)
