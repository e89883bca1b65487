"""A rule in trial stops nothing, and says in the trail what it would have done."""

import pytest

from core.decision import Verdict
from core.errors import Misconfigured
from core.message import Authentication, Intent, Speaker, SpeakerKind
from core.policy.admission import judge, rules_of
from core.profile import SHADOWABLE, Access, Policy, Profile, Sensitive, SensitiveKind
from core.profile_loading import SHIPPED, load_profile, parse_profile
from tests.policy.cast import ANA, message

INSTITUICOES = load_profile("instituicoes")
COLLEAGUE = Speaker(kind=SpeakerKind.UNKNOWN, organization_id=1)
CPF = "meu CPF é 529.982.247-25"


def profile(*shadow: str, **values: object) -> Profile:
    changes: dict[str, object] = {
        "policy": Policy(shadow=shadow), "access": Access(hold_colleagues=True),
        "sensitive": Sensitive(refuse=(SensitiveKind.CPF,)),
        "categories": (
            *INSTITUICOES.categories[:1],
            INSTITUICOES.categories[1].model_copy(update={"slug": "alto", "scope": "high_impact"}),
            INSTITUICOES.categories[2].model_copy(update={"slug": "fora", "out_of_scope": "Não cuidamos disto."}),
        ),
    }  # fmt: skip
    return INSTITUICOES.model_copy(update=changes | values)


def form(**values: object):
    return message("form", authentication=Authentication.FORM_TOKEN, **values)


CASES = [
    ("carries_no_sensitive_data", message(text=CPF), Verdict.REFUSE, "would_refuse"),
    ("person_may_ask_for_this", form(fields={"category": "alto"}), Verdict.REFUSE, "would_refuse"),
    ("matter_is_in_scope", form(fields={"category": "fora"}), Verdict.REFUSE, "would_refuse"),
    ("files_are_clean", message(flags=("infected",)), Verdict.HOLD, "would_hold"),
    ("colleague_waits_for_administrator", message(speaker=COLLEAGUE), Verdict.HOLD, "would_hold"),
]


@pytest.mark.parametrize(("rule", "said", "verdict", "outcome"), CASES, ids=[each[0] for each in CASES])
def test_a_rule_in_shadow_stops_nothing_and_says_what_it_would_have_done(rule, said, verdict, outcome):
    in_force, in_shadow = judge(said, profile()), judge(said, profile(rule))

    assert (in_force.verdict, in_force.trail[-1].rule) == (verdict, rule)
    assert f"{rule}={outcome}" in in_shadow.spelled
    assert in_shadow.reason != in_force.reason


def test_every_rule_that_may_be_in_shadow_is_tried_here():
    assert {each[0] for each in CASES} == SHADOWABLE


def test_a_colleague_in_shadow_is_refused_as_before():
    decision = judge(message(speaker=COLLEAGUE), profile("colleague_waits_for_administrator"))

    assert (decision.verdict, decision.reason) == (Verdict.REFUSE, "not_authorized")


@pytest.mark.parametrize("channel", ["email", "form", "portal", "telegram", "phone", "whatsapp", "instagram"])
def test_no_rule_that_guards_identity_or_the_channel_may_be_in_shadow(channel):
    for rule in set(rules_of(channel, INSTITUICOES)) - SHADOWABLE:
        stranger = message(channel, speaker=Speaker(), authentication=Authentication.NONE, intent=Intent.OPEN)

        # Even where a profile that nobody checked names it.
        assert judge(stranger, profile(rule)) == judge(stranger, profile())


@pytest.mark.parametrize("rule", ["sender_is_proven", "sender_may_write", "is_an_official_channel", "data_is_excepted",
                                  "address_is_confirmed", "channel_may_do_this", "nonsense"])  # fmt: skip
def test_the_check_of_a_profile_refuses_to_put_them_in_shadow(rule):
    table = _table() | {"policy": {"shadow": ["files_are_clean", rule]}}

    with pytest.raises(Misconfigured, match=f"policy.shadow: {rule} may not be in shadow"):
        parse_profile(table, "x.toml")


def test_the_shipped_profiles_have_nothing_in_shadow():
    for path in SHIPPED.glob("*.toml"):
        if not path.stem.endswith(".demo"):
            assert load_profile(path.stem).policy.shadow == ()


def test_a_person_who_may_speak_is_untouched():
    assert judge(message(speaker=ANA), profile(*SHADOWABLE)).is_accepted


def _table() -> dict:
    return INSTITUICOES.model_dump(mode="json")
