"""Rules that only some desks or some matters meet, and when a proof is asked for."""

import pytest

from core.message import Authentication, Intent
from core.policy.admission import judge, rules_of, would_proof_matter
from core.profile import Access, ChannelException, DataClass, Profile, Sensitive, SensitiveKind
from core.profile_loading import load_profile
from tests.policy.cast import (
    ADMINISTRATORS,
    ANA,
    BLOCKED,
    BOARD,
    BRUNO,
    CLARA,
    CLARAS_TOKEN,
    CUSTOMER_TOKEN,
    PROVEN,
    STRANGER,
    TRUSTED,
    UNPROVEN,
    message,
    outcome,
)
from webhooks.console import labels

INSTITUICOES, REPRESENTANTES = load_profile("instituicoes"), load_profile("representantes")
HOLDING = INSTITUICOES.model_copy(update={"access": Access(hold_colleagues=True)})
COLLEAGUE = STRANGER.model_copy(update={"organization_id": 1})


def form(category: str, *scopes: str, **values: object):
    speaker = ANA.model_copy(update={"scopes": scopes})
    fields = {"category": category} if category else {}
    return message("form", speaker=speaker, authentication=Authentication.FORM_TOKEN, fields=fields, **values)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        pytest.param(form("alteracao-de-alto-impacto", "high_impact"), "accept", id="permitted"),
        pytest.param(form("alteracao-de-alto-impacto"), "scope_missing", id="nothing"),
        pytest.param(form("alteracao-de-alto-impacto", "request_services"), "scope_missing", id="something-else"),
        pytest.param(form("requisicao-de-servico", "request_services"), "accept", id="services"),
        pytest.param(form("requisicao-de-servico", "high_impact", "approve_quotes"), "scope_missing", id="no-services"),
        pytest.param(form("duvida-tecnica"), "accept", id="a-doubt-needs-none"),
        pytest.param(form(""), "accept", id="no-category"),
        pytest.param(form("nada"), "accept", id="unknown-category"),
        pytest.param(form("alteracao-de-alto-impacto", intent=Intent.COMPLEMENT), "accept", id="what-is-open-already"),
    ],
)
def test_S4_03_a_matter_may_need_a_permission_of_its_own(said, expected):
    assert outcome(judge(said, INSTITUICOES)) == expected


def refusing(*kinds: SensitiveKind) -> Profile:
    return INSTITUICOES.model_copy(update={"sensitive": Sensitive(refuse=kinds, health_words=("laudo",))})


TEXTS = {
    SensitiveKind.CPF: "529.982.247-25", SensitiveKind.CNPJ: "11.222.333/0001-81",
    SensitiveKind.CARD: "4111 1111 1111 1111", SensitiveKind.HEALTH: "o laudo",
}  # fmt: skip
CHANNELS = {
    "email": PROVEN, "form": Authentication.FORM_TOKEN, "portal": Authentication.SESSION,
    "telegram": Authentication.TELEGRAM_LINK, "phone": Authentication.AGENT,
}  # fmt: skip


@pytest.mark.parametrize("place", ["title", "text"])
@pytest.mark.parametrize("kind", TEXTS)
def test_a_desk_may_refuse_a_kind_of_data_wherever_it_stands(kind, place):
    said = message(**{place: f"Segue {TEXTS[kind]}."})
    others = tuple(each for each in TEXTS if each is not kind)

    assert outcome(judge(said, refusing(kind))) == "sensitive_data"
    assert judge(said, refusing(*others)).is_accepted
    assert judge(said, INSTITUICOES).is_accepted


@pytest.mark.parametrize("channel", CHANNELS)
def test_it_refuses_it_by_every_channel_that_is_official(channel):
    official = {"channels": INSTITUICOES.channels | {"telegram": REPRESENTANTES.channels["telegram"]}}
    intent = Intent.COMPLEMENT
    said = message(channel, text=TEXTS[SensitiveKind.CPF], authentication=CHANNELS[channel], intent=intent)

    assert outcome(judge(said, refusing(SensitiveKind.CPF).model_copy(update=official))) == "sensitive_data"
    assert judge(said, INSTITUICOES.model_copy(update=official)).is_accepted


def test_a_stranger_hears_that_he_is_one_whatever_he_says():
    said = message(speaker=STRANGER, authentication=UNPROVEN, text=TEXTS[SensitiveKind.CPF])

    assert outcome(judge(said, refusing(SensitiveKind.CPF))) == "not_authorized"


def negotiation(**values: object):
    standard = {
        "speaker": STRANGER, "authentication": UNPROVEN, "sector": "comercial", "purpose": "negotiation",
        "text": "Quanto custa?",
    }  # fmt: skip
    return message("whatsapp", **(standard | values))


def excepting(*exceptions: ChannelException) -> Profile:
    whatsapp = INSTITUICOES.channels["whatsapp"].model_copy(update={"exceptions": exceptions})
    return INSTITUICOES.model_copy(update={"channels": INSTITUICOES.channels | {"whatsapp": whatsapp}})


def test_S4_27_an_exception_may_take_any_data_where_the_desk_says_so():
    anything = ChannelException(sector="comercial", purpose="negotiation", data=DataClass.ANY)
    harmless = ChannelException(sector="comercial", purpose="negotiation")
    said = negotiation(text=TEXTS[SensitiveKind.CPF])

    assert judge(said, excepting(anything)).is_accepted
    assert judge(said, excepting(harmless, anything)).is_accepted
    assert outcome(judge(said, excepting(harmless))) == "unofficial_channel"


def test_S4_27_whoever_is_on_the_block_list_is_not_heard_there_either():
    assert outcome(judge(negotiation(sender_is_blocked=True), INSTITUICOES)) == "blocked_sender"


@pytest.mark.parametrize(
    ("rule", "expected"),
    [("use_is_excepted", {"sector": "n1"}), ("data_is_excepted", {"text": TEXTS[SensitiveKind.CARD]})],
)
def test_S4_27_the_trail_says_which_part_of_the_exception_did_not_fit(rule, expected):
    decision = judge(negotiation(**expected), INSTITUICOES)

    assert decision.spelled[-1] == f"{rule}=refuse"


def test_S4_27_an_official_channel_has_no_exceptions_even_where_a_profile_was_not_checked():
    profile = excepting(ChannelException(sector="comercial", purpose="negotiation"))
    official = profile.channels["whatsapp"].model_copy(update={"may": tuple(Intent)})

    decision = judge(negotiation(), profile.model_copy(update={"channels": {"whatsapp": official}}))

    assert decision.spelled[-1] == "use_is_excepted=refuse"


@pytest.mark.parametrize("speaker", [BRUNO, COLLEAGUE, BLOCKED])
def test_a_blocked_colleague_waits_for_nobody(speaker):
    said = message(speaker=speaker.model_copy(update={"blocked": True}))

    assert outcome(judge(said, HOLDING)) == "not_authorized"


PROOF_MATTERS = [
    pytest.param(INSTITUICOES, {"authentication": UNPROVEN}, True, id="permitted"),
    pytest.param(INSTITUICOES, {"authentication": TRUSTED}, False, id="permitted-trusted"),
    pytest.param(INSTITUICOES, {"authentication": PROVEN}, False, id="proven-already"),
    pytest.param(INSTITUICOES, {"speaker": CLARA}, True, id="agent"),
    pytest.param(INSTITUICOES, {"speaker": CLARA, "claims": (CLARAS_TOKEN,)}, True, id="agent-by-his-token"),
    pytest.param(INSTITUICOES, {"speaker": BOARD, "mailbox": ADMINISTRATORS}, True, id="board"),
    pytest.param(
        INSTITUICOES, {"speaker": BOARD, "mailbox": ADMINISTRATORS, "authentication": TRUSTED}, True, id="board-trusted"
    ),
    pytest.param(INSTITUICOES, {"speaker": BOARD}, False, id="board-elsewhere"),
    pytest.param(INSTITUICOES, {"speaker": STRANGER}, False, id="stranger"),
    pytest.param(HOLDING, {"speaker": STRANGER}, False, id="stranger-where-colleagues-are-held"),
    pytest.param(INSTITUICOES, {"speaker": BRUNO}, False, id="reader"),
    pytest.param(HOLDING, {"speaker": BRUNO}, True, id="reader-where-colleagues-are-held"),
    pytest.param(INSTITUICOES, {"speaker": COLLEAGUE}, False, id="colleague"),
    pytest.param(HOLDING, {"speaker": COLLEAGUE}, True, id="colleague-where-they-are-held"),
    pytest.param(HOLDING, {"speaker": COLLEAGUE, "authentication": TRUSTED}, False, id="colleague-trusted"),
    pytest.param(HOLDING, {"speaker": BLOCKED}, False, id="blocked"),
    pytest.param(HOLDING, {"speaker": BRUNO, "claims": (CUSTOMER_TOKEN,)}, False, id="held-for-another-reason"),
    pytest.param(HOLDING, {"sender_is_blocked": True}, False, id="on-the-block-list"),
    pytest.param(INSTITUICOES, {"flags": ("unreadable",)}, False, id="unreadable"),
]


@pytest.mark.parametrize(("profile", "values", "expected"), PROOF_MATTERS)
def test_a_proof_is_asked_for_where_it_would_change_what_becomes_of_it(profile, values, expected):
    said = message(**({"authentication": UNPROVEN} | values))

    assert would_proof_matter(said, profile) is expected


@pytest.mark.parametrize("channel", [*CHANNELS, "whatsapp", "instagram", "fax"])
def test_every_rule_has_a_name_on_the_page(channel):
    for rule in rules_of(channel, INSTITUICOES):
        assert labels.rule_label("pt-BR", rule) != rule
