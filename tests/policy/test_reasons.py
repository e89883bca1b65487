import pytest

from core.clock import now
from core.decision import Reason
from core.policy.reasons import http_status, public_text, smtp_reply
from core.profile_loading import load_profile

PROFILE = load_profile("instituicoes")
NOW = now()


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_words_in_both_languages_and_a_status(reason):
    portuguese, english = (public_text(reason, language, PROFILE, NOW) for language in ("pt-BR", "en"))

    assert portuguese != english
    assert "\n" not in portuguese + english
    assert 400 <= http_status(reason) < 600


@pytest.mark.parametrize("reason", list(Reason))
def test_an_smtp_reply_is_one_short_ascii_line_that_begins_with_its_codes(reason):
    reply = smtp_reply(reason, PROFILE, NOW)

    assert reply.isascii() and reply.isprintable() and len(reply) <= 510
    code, enhanced, name = reply.split()[:3]
    # S19: whoever is on the block list hears what everybody hears who may not speak.
    said = Reason.NOT_AUTHORIZED if reason is Reason.BLOCKED_SENDER else reason
    assert code[0] == enhanced[0] and name == f"{said.value}:"


@pytest.mark.parametrize("reason", list(Reason))
def test_only_policy_refusals_name_the_official_channels(reason):
    names_them = "Canais oficiais" in public_text(reason, "pt-BR", PROFILE, NOW)

    assert names_them == (
        reason.value
        in {"not_authorized", "blocked_sender", "unofficial_channel", "channel_not_linked", "phone_may_not_open"}
    )


def test_a_refusal_names_no_unofficial_channel():
    text = public_text(Reason.NOT_AUTHORIZED, "pt-BR", PROFILE, NOW)

    assert "atendimento@instituicoes.example" in text
    assert "Instagram" not in text and "WhatsApp" not in text


def test_s19_a_blocked_sender_reads_what_an_unknown_one_reads():
    blocked, unknown = (
        public_text(each, "pt-BR", PROFILE, NOW) for each in (Reason.BLOCKED_SENDER, Reason.NOT_AUTHORIZED)
    )

    assert blocked == unknown


@pytest.mark.parametrize(
    ("reason", "status"),
    [("not_found", 404), ("too_large", 413), ("rate_limited", 429), ("stale_version", 409), ("invalid_fields", 422),
     ("unauthenticated", 401), ("temporarily_unavailable", 503), ("not_authorized", 403), ("key_user_quota", 409)],
)  # fmt: skip
def test_http_answers_with_the_status_of_the_contract(reason, status):
    assert http_status(Reason(reason)) == status
