"""What people prove themselves with: passwords, sessions, tokens, one-time links and codes."""

import asyncio
from datetime import timedelta

import pytest

from core.decision import Reason
from core.errors import InvalidFields, Refused
from core.people import granting, link_codes, passwords, sessions, sign_in_links, tokens
from core.people.actor import SYSTEM, ActorKind
from core.people.actors import actor_of_session, actor_of_token
from core.people.tables import AccessToken, Agent, Identity, LinkCode, Person, Session
from tests.people.cast import NOW, PROFILE

ANA, CLARA, CARLA = "ana@org-a.example", "clara@instituicoes.example", "carla@org-b.example"
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def with_passwords(cast):
    for row in (await Person.get(email=ANA), await Agent.get(email=CLARA)):
        row.password_hash = await passwords.hashed(f"demo-{row.email.partition('@')[0]}")
        await row.save()


async def test_a_password_is_the_same_however_the_keyboard_composes_it():
    kept = await passwords.hashed("ma\u00e7\u00e3")

    assert kept.startswith("$argon2id$")
    assert await passwords.matches(kept, "mac\u0327a\u0303")
    assert not await passwords.matches(kept, "maca")
    assert not await passwords.matches(None, "nobody")


@pytest.mark.parametrize("password", ["", "x" * 1_025])
async def test_an_empty_or_endless_password_is_not_kept(password):
    with pytest.raises(ValueError):
        await passwords.hashed(password)


@pytest.mark.parametrize(("email", "kind"), [(ANA, ActorKind.PERSON), (CLARA.upper(), ActorKind.AGENT)])
async def test_signing_in_gives_a_session_of_the_one_who_did(with_passwords, email, kind):
    signed_in = await sessions.sign_in(email, f"demo-{email.partition('@')[0].lower()}", NOW)

    session = await sessions.session_for(signed_in.cookie, NOW)
    assert actor_of_session(session).kind is kind
    assert session.csrf_token == signed_in.csrf_token
    assert signed_in.cookie not in str(await Session.all().values())


@pytest.mark.parametrize(
    ("email", "password"),
    [(ANA, "demo-carla"), (ANA, ""), ("nobody@org-a.example", "x"), ("no address", "x"), (CARLA, "demo-carla")],
)
async def test_a_wrong_address_or_password_or_none_set_signs_nobody_in(with_passwords, email, password):
    assert await sessions.sign_in(email, password, NOW) is None
    assert not await Session.all().exists()


async def test_a_session_ends_after_twelve_hours_and_at_sign_out(with_passwords):
    first, second = [await sessions.sign_in(ANA, "demo-ana", NOW) for _ in range(2)]
    assert first.cookie != second.cookie

    await sessions.sign_out(first.cookie)

    assert await sessions.session_for(first.cookie, NOW) is None
    assert await sessions.session_for(second.cookie, NOW + timedelta(hours=11, minutes=59))
    assert await sessions.session_for(second.cookie, NOW + timedelta(hours=12)) is None


async def test_blocking_ends_sessions_and_tokens_at_once_and_unblocking_revives_no_session(with_passwords):
    signed_in = await sessions.sign_in(ANA, "demo-ana", NOW)
    token = await tokens.issue_user_token(ANA)

    await granting.block(ANA, SYSTEM, NOW)

    assert await sessions.session_for(signed_in.cookie, NOW) is None
    assert await tokens.bearer(token) is None
    assert await sessions.sign_in(ANA, "demo-ana", NOW) is None
    await granting.unblock(ANA, SYSTEM, NOW)
    assert await sessions.session_for(signed_in.cookie, NOW) is None


async def test_a_blocked_agents_session_and_token_are_dead_at_once(with_passwords):
    signed_in = await sessions.sign_in(CLARA, "demo-clara", NOW)
    token = await tokens.issue_agent_token(CLARA)

    await Agent.filter(email=CLARA).update(blocked=True)

    assert await sessions.session_for(signed_in.cookie, NOW) is None
    assert await tokens.bearer(token) is None


@pytest.fixture
def quick_passwords(monkeypatch):
    async def matches(password_hash, password):
        return bool(password_hash) and password == "right"

    monkeypatch.setattr(passwords, "matches", matches)


async def test_ten_wrong_passwords_for_one_account_are_enough_for_five_minutes(cast, quick_passwords):
    for _ in range(10):
        assert await sessions.sign_in(ANA, "wrong", NOW) is None

    with pytest.raises(Refused) as refused:
        await sessions.sign_in(ANA.upper(), "wrong", NOW + 4 * MINUTE)

    assert refused.value.reason is Reason.RATE_LIMITED
    assert await sessions.sign_in(CARLA, "wrong", NOW) is None
    assert await sessions.sign_in(ANA, "wrong", NOW + 5 * MINUTE) is None


async def test_ten_wrong_passwords_from_one_address_are_enough_whatever_the_accounts(cast, quick_passwords):
    for number in range(10):
        await sessions.sign_in(f"user{number}@org-a.example", "wrong", NOW, peer="192.0.2.1")

    with pytest.raises(Refused):
        await sessions.sign_in(ANA, "wrong", NOW, peer="192.0.2.1")
    assert await sessions.sign_in(ANA, "wrong", NOW, peer="192.0.2.2") is None


async def test_right_passwords_are_never_too_many(cast, quick_passwords):
    await Person.filter(email=ANA).update(password_hash="set")

    for _ in range(12):
        assert await sessions.sign_in(ANA, "right", NOW, peer="192.0.2.1")


async def test_many_guesses_at_once_get_no_further_than_ten(cast, quick_passwords):
    outcomes = await asyncio.gather(
        *(sessions.sign_in(ANA, "wrong", NOW) for _ in range(15)), return_exceptions=True
    )

    assert outcomes.count(None) <= 10
    assert any(isinstance(each, Refused) for each in outcomes)


async def test_tokens_know_whose_they_are_and_keep_only_a_digest(cast):
    agent = await tokens.bearer(agents_token := await tokens.issue_agent_token(CLARA))
    user = await tokens.bearer(await tokens.issue_user_token(ANA))
    form = await tokens.bearer(await tokens.issue_form_token("contato", verified=False))

    assert actor_of_token(agent).email == CLARA
    assert (actor_of_token(user).email, actor_of_token(user).may_speak) == (ANA, True)
    assert actor_of_token(form) is None
    assert (form.form, form.verified) == ("contato", False)
    assert agents_token not in str(await AccessToken.all().values())


async def test_an_unknown_or_revoked_token_is_nobodys(cast):
    token = await tokens.issue_agent_token(CLARA)
    await AccessToken.all().update(revoked_at=NOW)

    assert await tokens.bearer(token) is None
    assert await tokens.bearer("x" * 10_000) is None
    assert await tokens.bearer("\udcff") is None


async def test_only_forms_and_excepted_channels_of_the_profile_get_a_token(cast):
    tokens.require_form("contato", PROFILE)
    tokens.require_form("whatsapp", PROFILE)
    with pytest.raises(InvalidFields):
        tokens.require_form("instagram", PROFILE)


async def test_a_link_code_links_a_chat_once_within_ten_minutes(cast):
    code = await link_codes.issue(ANA, NOW)

    assert len(code) >= 10
    assert code not in str(await LinkCode.all().values())
    assert await link_codes.redeem(code.lower(), "guiche:42", NOW + 9 * MINUTE)
    assert (await Identity.get(kind="telegram").select_related("person")).person.email == ANA
    assert not await link_codes.redeem(code, "guiche:43", NOW + 9 * MINUTE)


async def test_an_expired_replaced_or_unknown_code_links_nothing(cast):
    replaced = await link_codes.issue(ANA, NOW)
    expired = await link_codes.issue(ANA, NOW)

    assert not await link_codes.redeem(replaced, "guiche:42", NOW)
    assert not await link_codes.redeem(expired, "guiche:42", NOW + 10 * MINUTE)
    assert not await link_codes.redeem("ABCDEFGHJKMN", "guiche:42", NOW)
    assert not await Identity.exists(kind="telegram")


async def test_a_chat_that_is_somebody_elses_stays_his(cast):
    await link_codes.redeem(await link_codes.issue(CARLA, NOW), "guiche:42", NOW)
    code = await link_codes.issue(ANA, NOW)

    assert not await link_codes.redeem(code, "guiche:42", NOW)

    assert (await Identity.get(kind="telegram").select_related("person")).person.email == CARLA
    assert await link_codes.redeem(code, "guiche:43", NOW)


async def test_a_code_used_twice_at_once_links_one_chat(cast):
    code = await link_codes.issue(ANA, NOW)

    outcomes = await asyncio.gather(*(link_codes.redeem(code, f"guiche:{chat}", NOW) for chat in range(5)))

    assert outcomes.count(True) == 1
    assert await Identity.filter(kind="telegram").count() == 1


async def test_a_reader_may_link_his_chat(cast):
    assert await link_codes.redeem(await link_codes.issue("bruno@org-a.example", NOW), "guiche:42", NOW)


async def test_a_sign_in_link_opens_once_and_looking_at_it_does_not_spend_it(cast):
    secret = await sign_in_links.issue(await Agent.get(email=CLARA), NOW)

    assert await sign_in_links.is_open(secret, NOW)
    assert await sign_in_links.is_open(secret, NOW)
    signed_in = await sign_in_links.redeem(secret, NOW + 59 * MINUTE)

    assert actor_of_session(await sessions.session_for(signed_in.cookie, NOW)).email == CLARA
    assert not await sign_in_links.is_open(secret, NOW)
    assert await sign_in_links.redeem(secret, NOW) is None


async def test_a_sign_in_link_expires_after_an_hour(cast):
    secret = await sign_in_links.issue(await Agent.get(email=CLARA), NOW)

    assert not await sign_in_links.is_open(secret, NOW + 60 * MINUTE)
    assert await sign_in_links.redeem(secret, NOW + 60 * MINUTE) is None
