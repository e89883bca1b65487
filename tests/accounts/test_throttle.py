"""How often a password may be tried: ten times in five minutes, and a hundred in thirty days (W08)."""

from datetime import UTC, datetime, timedelta

import pyotp
import pytest

from core.decision import Reason
from core.deliveries import Delivery
from core.errors import InvalidFields, Refused, Unavailable
from core.people import choosing_passwords, forgetting, second_factor, sessions, totp
from core.people.actor import SYSTEM
from core.people.identities import NewIdentity, add
from core.people.passwords import hashed
from core.people.secret_texts import one_time_secret
from core.people.tables import Person
from tests.people.cast import NOW, PROFILE, load_cast

ANA, ALSO = "ana@org-a.example", "ana.alves@org-a.example"
WINDOW = timedelta(minutes=5)


@pytest.fixture
async def ana(database):
    await load_cast()
    person = await Person.get(email=ANA)
    person.password_hash = await hashed("right")
    await person.save()
    return person


async def guess(email, number, at, **more):
    """`number` wrong tries, ten in each five minutes; the time after the last."""
    for _ in range(number // 10):
        for _ in range(10):
            assert await sessions.sign_in(email, "wrong", at, **more) is None
        at += WINDOW
    return at


async def refusal(*args, **more):
    with pytest.raises(Refused) as refused:
        await sessions.sign_in(*args, **more)
    assert refused.value.reason is Reason.RATE_LIMITED
    return refused.value.detail


async def test_W08_a_hundred_failures_shut_the_account_until_a_new_password(ana, office):
    at = await guess(ANA, 100, NOW)
    assert await refusal(ANA, "right", at) == "Too many wrong tries. Ask for a new password by e-mail."
    await refusal(ANA, "right", NOW + timedelta(days=29))

    (ref,) = await forgetting.ask_for_password(ANA, office.signing, at)
    secret = one_time_secret((await Delivery.get(id=ref.id)).detail, office.signing)
    assert await choosing_passwords.choose(secret, "uma senha nova", at)

    assert await sessions.sign_in(ANA, "uma senha nova", at)
    assert await sessions.sign_in(ANA, "wrong", at) is None


async def test_W08_failures_of_a_month_ago_are_forgotten(ana):
    await guess(ANA, 100, NOW)

    assert await sessions.sign_in(ANA, "right", NOW + timedelta(days=30, minutes=50))


async def test_W08_right_passwords_are_not_counted(ana):
    at = await guess(ANA, 90, NOW)
    for _ in range(20):
        assert await sessions.sign_in(ANA, "right", at)

    await guess(ANA, 10, at)
    await refusal(ANA, "right", at + WINDOW)


async def test_W08_passwords_and_codes_are_counted_together(ana, office):
    key = totp.new_key()
    await second_factor.enrol(ana, key, pyotp.TOTP(key).at(NOW), office.sealing, NOW)
    at = await guess(ANA, 50, NOW + WINDOW)
    for _ in range(5):
        for _ in range(10):
            with pytest.raises(InvalidFields):
                await second_factor.require_code(ana, "000000", office.sealing, at)
        at += WINDOW

    await refusal(ANA, "right", at)
    with pytest.raises(Refused) as refused:
        await second_factor.require_code(ana, pyotp.TOTP(key).at(at), office.sealing, at)
    assert refused.value.reason is Reason.RATE_LIMITED


async def test_W08_all_addresses_of_a_person_are_one_account(ana):
    await add(NewIdentity(ana.id, "email", ALSO), PROFILE, SYSTEM, NOW)
    await guess(ALSO, 10, NOW)

    await refusal(ANA, "right", NOW)


async def test_W08_a_spray_over_many_accounts_ends_at_its_peer(ana):
    for number in range(10):
        assert await sessions.sign_in(f"user{number}@org-a.example", "wrong", NOW, peer="192.0.2.9") is None

    await refusal("user11@org-a.example", "wrong", NOW, peer="192.0.2.9")
    assert await sessions.sign_in(ANA, "right", NOW, peer="192.0.2.10")


async def test_W02_asking_for_passwords_is_throttled_by_peer(ana, office):
    for number in range(10):
        await forgetting.ask_for_password(f"user{number}@org-a.example", office.signing, NOW, peer="192.0.2.9")

    with pytest.raises(Refused) as refused:
        await forgetting.ask_for_password(ANA, office.signing, NOW, peer="192.0.2.9")
    assert refused.value.reason is Reason.RATE_LIMITED
    assert await forgetting.ask_for_password(ANA, office.signing, NOW, peer="192.0.2.10")


async def test_W06_a_password_that_changes_while_the_old_one_is_checked_opens_nothing(ana, monkeypatch):
    async def changed_meanwhile(password_hash, password):
        await Person.filter(id=ana.id).update(password_hash=await hashed("other"))
        return True

    monkeypatch.setattr("core.people.sessions.passwords.matches", changed_meanwhile)

    assert await sessions.sign_in(ANA, "right", NOW) is None


async def test_a_factor_moved_into_another_row_opens_nothing(ana, office):
    key, adm = totp.new_key(), await Person.get(email="adm@org-a.example")
    await second_factor.enrol(ana, key, pyotp.TOTP(key).at(NOW), office.sealing, NOW)
    await Person.filter(id=adm.id).update(totp_sealed=ana.totp_sealed)

    with pytest.raises(Unavailable):
        await second_factor.require_code(adm, pyotp.TOTP(key).at(NOW + WINDOW), office.sealing, NOW + WINDOW)


# RFC 6238 Appendix B, the codes of SHA-1 cut to six digits; the key is "12345678901234567890".
VECTORS = [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (2000000000, "279037")]


@pytest.mark.parametrize(("seconds", "code"), VECTORS)
def test_RFC6238_the_codes_of_its_appendix(seconds, code):
    key, at = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", datetime.fromtimestamp(seconds, UTC)

    assert totp.matching_step(key, code, at, after=0) == seconds // 30
    assert totp.matching_step(key, code, at, after=seconds // 30) is None
    assert totp.matching_step(key, code[:5] + "x", at, after=0) is None
