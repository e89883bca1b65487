"""The table of INTERFACES.md §5 and the rules of the other channels, one row per case."""

import pytest

from core.decision import Reason, Verdict
from core.message import Authentication, Intent
from core.policy.admission import judge
from core.profile import Profile
from core.profile_loading import load_profile
from tests.policy.cast import (
    A_CUSTOMERS_5,
    ADMINISTRATORS,
    ANA,
    BLOCKED,
    BLOCKED_AGENT,
    BOARD,
    BRUNO,
    CLARA,
    CLARAS_TOKEN,
    CUSTOMER_TOKEN,
    DIEGOS_TOKEN,
    MESSAGE_ID,
    PROTOCOL,
    PROVEN,
    STRANGER,
    SUPPORT,
    TRUSTED,
    UNPROVEN,
    message,
    outcome,
)

EMAIL = [
    pytest.param(ANA, TRUSTED, (), "accept", id="row7-permitted-trusted"),
    pytest.param(ANA, PROVEN, (), "accept", id="row7-permitted-dmarc"),
    pytest.param(ANA, PROVEN, (PROTOCOL,), "accept", id="row7-standing-is-judged-where-the-ticket-is-known"),
    pytest.param(ANA, UNPROVEN, (), "sender_not_proven", id="row5-permitted"),
    pytest.param(ANA, UNPROVEN, (CUSTOMER_TOKEN,), "sender_not_proven", id="row5-with-token"),
    pytest.param(BRUNO, TRUSTED, (), "not_authorized", id="row3-not-permitted"),
    pytest.param(BRUNO, UNPROVEN, (PROTOCOL, MESSAGE_ID), "not_authorized", id="row3-claims-change-nothing"),
    pytest.param(STRANGER, UNPROVEN, (), "not_authorized", id="row3-unregistered"),
    pytest.param(STRANGER, TRUSTED, (PROTOCOL,), "not_authorized", id="row3-unregistered-T01"),
    pytest.param(BLOCKED, TRUSTED, (), "not_authorized", id="row3-blocked"),
    pytest.param(BRUNO, TRUSTED, (CUSTOMER_TOKEN,), "no_standing", id="row2-not-permitted"),
    pytest.param(STRANGER, UNPROVEN, (CUSTOMER_TOKEN,), "no_standing", id="row2-unregistered-T07"),
    pytest.param(BLOCKED, TRUSTED, (CUSTOMER_TOKEN,), "no_standing", id="row2-blocked"),
    pytest.param(CLARA, UNPROVEN, (CLARAS_TOKEN,), "sender_not_proven", id="row5-agent-T08"),
    pytest.param(CLARA, UNPROVEN, (), "sender_not_proven", id="row5-agent-without-token"),
    pytest.param(CLARA, TRUSTED, (), "no_standing", id="row6-agent-without-token"),
    pytest.param(CLARA, TRUSTED, (DIEGOS_TOKEN,), "no_standing", id="row6-another-agent's-token"),
    pytest.param(CLARA, TRUSTED, (A_CUSTOMERS_5,), "no_standing", id="row6-a-customer's-token-of-the-same-number"),
    pytest.param(CLARA, TRUSTED, (PROTOCOL, MESSAGE_ID), "no_standing", id="row6-no-token-at-all"),
    pytest.param(CLARA, TRUSTED, (CLARAS_TOKEN,), "accept", id="row7-agent"),
    pytest.param(BLOCKED_AGENT, TRUSTED, (), "not_authorized", id="row3-blocked-agent"),
    pytest.param(BLOCKED_AGENT, TRUSTED, (CLARAS_TOKEN,), "no_standing", id="row2-blocked-agent"),
]


@pytest.mark.parametrize(("speaker", "authentication", "claims", "expected"), EMAIL)
def test_mail_is_judged_by_the_first_row_that_fits(instituicoes, speaker, authentication, claims, expected):
    decision = judge(message(speaker=speaker, authentication=authentication, claims=claims), instituicoes)

    assert outcome(decision) == expected


@pytest.mark.parametrize(
    ("mailbox", "authentication", "expected"),
    [
        (ADMINISTRATORS, PROVEN, "accept"),
        (ADMINISTRATORS, TRUSTED, "sender_not_proven"),
        (ADMINISTRATORS, UNPROVEN, "sender_not_proven"),
        (SUPPORT, PROVEN, "not_authorized"),
        (None, PROVEN, "not_authorized"),
    ],
)
def test_a_board_mailbox_writes_to_the_administrators_alone_and_a_trusted_network_is_not_enough(
    instituicoes, mailbox, authentication, expected
):
    decision = judge(message(speaker=BOARD, mailbox=mailbox, authentication=authentication), instituicoes)

    assert outcome(decision) == expected


def test_a_permitted_person_may_write_to_the_administrators_mailbox(instituicoes):
    assert judge(message(mailbox=ADMINISTRATORS), instituicoes).is_accepted


@pytest.mark.parametrize(
    ("speaker", "values", "expected"),
    [
        pytest.param(ANA, {}, "accept", id="permitted"),
        pytest.param(ANA, {"authentication": UNPROVEN}, "address_not_confirmed", id="T20-unverified"),
        pytest.param(BRUNO, {}, "not_authorized", id="not-permitted"),
        pytest.param(BLOCKED, {}, "not_authorized", id="blocked"),
        pytest.param(STRANGER, {"authentication": UNPROVEN}, "not_authorized", id="unregistered"),
        pytest.param(CLARA, {}, "not_authorized", id="agent"),
        pytest.param(BOARD, {}, "not_authorized", id="board"),
    ],
)
def test_a_form_speaks_for_permitted_persons_and_an_unconfirmed_address_waits(instituicoes, speaker, values, expected):
    values = {"authentication": Authentication.FORM_TOKEN} | values

    assert outcome(judge(message("form", speaker=speaker, **values), instituicoes)) == expected


@pytest.mark.parametrize(
    ("intent", "expected"), [(Intent.OPEN, "out_of_scope"), (Intent.COMPLEMENT, "accept")]
)
def test_a_matter_out_of_scope_is_declined_when_it_is_new(instituicoes, intent, expected):
    closed = instituicoes.categories[0].model_copy(update={"out_of_scope": "Não cuidamos disto."})
    profile = instituicoes.model_copy(update={"categories": (closed,)})
    form = message(
        "form", authentication=Authentication.FORM_TOKEN, intent=intent, fields={"category": closed.slug}
    )

    assert outcome(judge(form, profile)) == expected


@pytest.mark.parametrize(
    ("profile", "speaker", "intent", "expected"),
    [
        ("instituicoes", ANA, Intent.COMPLEMENT, "accept"),
        ("instituicoes", ANA, Intent.INQUIRE, "accept"),
        ("instituicoes", ANA, Intent.OPEN, "phone_may_not_open"),
        ("instituicoes", STRANGER, Intent.OPEN, "not_authorized"),
        ("instituicoes", BRUNO, Intent.COMPLEMENT, "not_authorized"),
        ("representantes", ANA, Intent.COMPLEMENT, "unofficial_channel"),
        ("representantes", STRANGER, Intent.COMPLEMENT, "unofficial_channel"),
    ],
)
def test_a_phone_call_may_complement_but_never_open_where_the_profile_says_so(profile, speaker, intent, expected):
    call = message("phone", speaker=speaker, intent=intent, authentication=Authentication.AGENT)

    assert outcome(judge(call, load_profile(profile))) == expected


@pytest.mark.parametrize(
    ("profile", "speaker", "expected"),
    [
        ("representantes", ANA, "accept"),
        ("representantes", STRANGER, "channel_not_linked"),
        ("representantes", BRUNO, "not_authorized"),
        ("representantes", BLOCKED, "not_authorized"),
        ("instituicoes", ANA, "unofficial_channel"),
        ("instituicoes", STRANGER, "unofficial_channel"),
    ],
)
def test_a_chat_speaks_for_the_permitted_person_who_linked_it(profile, speaker, expected):
    chat = message("telegram", speaker=speaker, authentication=Authentication.TELEGRAM_LINK)

    assert outcome(judge(chat, load_profile(profile))) == expected


@pytest.mark.parametrize("channel", ["whatsapp", "instagram", "fax"])
def test_an_unofficial_channel_is_refused_to_everybody(instituicoes, channel):
    assert outcome(judge(message(channel), instituicoes)) == "unofficial_channel"


def test_a_channel_without_rules_stays_shut_even_when_a_profile_calls_it_official(instituicoes):
    fax = instituicoes.channels["email"].model_copy(update={"title": "Fax"})
    profile = instituicoes.model_copy(update={"channels": instituicoes.channels | {"fax": fax}})

    assert outcome(judge(message("fax"), profile)) == "unofficial_channel"


def test_the_trail_names_every_rule_that_was_asked_in_order(instituicoes):
    decision = judge(message(authentication=UNPROVEN), instituicoes)

    assert decision.verdict is Verdict.HOLD
    assert [(step.rule, step.outcome) for step in decision.trail] == [
        ("sender_is_not_blocked", "passed"),
        ("is_an_official_channel", "passed"),
        ("mail_was_read", "passed"),
        ("stranger_holds_no_reply_address", "passed"),
        ("colleague_waits_for_administrator", "passed"),
        ("sender_may_write", "passed"),
        ("sender_is_proven", "hold"),
    ]


def test_a_release_overrides_the_rule_that_held_it(instituicoes):
    held = message(authentication=UNPROVEN, released_rules=(Reason.SENDER_NOT_PROVEN,))
    decision = judge(held, instituicoes)

    assert decision.is_accepted
    assert ("sender_is_proven", "released") in [(step.rule, step.outcome) for step in decision.trail]


def test_a_release_overrides_no_other_rule(instituicoes):
    held = message(speaker=STRANGER, claims=(CUSTOMER_TOKEN,), released_rules=(Reason.NO_STANDING,))

    assert outcome(judge(held, instituicoes)) == "not_authorized"


@pytest.mark.parametrize(("speaker", "mailbox"), [(CLARA, SUPPORT), (BOARD, ADMINISTRATORS)])
def test_no_release_proves_an_agent_or_a_board(instituicoes, speaker, mailbox):
    held = message(
        speaker=speaker, mailbox=mailbox, authentication=UNPROVEN, claims=(CLARAS_TOKEN,),
        released_rules=(Reason.SENDER_NOT_PROVEN,),
    )  # fmt: skip

    assert outcome(judge(held, instituicoes)) == "sender_not_proven"


@pytest.fixture(scope="module")
def instituicoes() -> Profile:
    return load_profile("instituicoes")
