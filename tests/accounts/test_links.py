"""One-time links of letters: single use, an hour at most, hashed, ended by the next one (W03)."""

import asyncio
from datetime import timedelta

import pytest

from core.decision import Reason
from core.deliveries import Delivery, DeliveryKind
from core.errors import Refused
from core.people import changing_agents, choosing_passwords, granting, inviting, sign_in_links
from core.people.actor import SYSTEM, Actor
from core.people.actors import actor_of
from core.people.secret_texts import digest_of, one_time_secret
from core.people.sign_in_links import FOR_A_PASSWORD, LinkKind
from core.people.tables import Agent, Person, SignInLink
from tests.people.cast import NOW, load_cast

MINUTE = timedelta(minutes=1)
ANA, ADM, CARLA, CLARA = "ana@org-a.example", "adm@org-a.example", "carla@org-b.example", "clara@instituicoes.example"


@pytest.fixture
async def cast(database):
    await load_cast()


async def person(email):
    return await Person.get(email=email)


async def invite(owner, office, at=NOW, actor: Actor = SYSTEM):
    """The secret that the letter carries."""
    ref = await inviting.invite(owner, office.signing, at, actor)
    return one_time_secret((await Delivery.get(id=ref.id)).detail, office.signing)


async def is_open(secret, at=NOW):
    return await sign_in_links.owner_of(secret, FOR_A_PASSWORD, at) is not None


async def test_W03_the_row_keeps_no_more_than_a_digest_and_the_letter_no_secret(cast, office):
    secret = await invite(await person(ANA), office)

    (link,), (letter,) = await SignInLink.all(), await Delivery.all()
    assert (link.digest, link.kind) == (digest_of(secret), "invitation")
    assert (letter.kind, letter.recipient_kind) == (DeliveryKind.INVITATION, "person")
    assert secret not in f"{link.__dict__} {letter.__dict__}"


@pytest.mark.parametrize(("minutes", "opens"), [(0, True), (59, True), (60, False), (61, False)])
async def test_W03_a_link_opens_for_an_hour(cast, office, minutes, opens):
    secret = await invite(await person(ANA), office)

    assert await is_open(secret, NOW + minutes * MINUTE) is opens


async def test_W03_a_new_invitation_ends_the_one_before_and_nobody_elses(cast, office):
    first, others = await invite(await person(ANA), office), await invite(await person(CARLA), office)
    second = await invite(await person(ANA), office)

    assert [await is_open(each) for each in (first, second, others)] == [False, True, True]


async def test_W03_of_many_made_at_once_one_is_left(cast, office):
    ana = await person(ANA)

    await asyncio.gather(*(inviting.invite(ana, office.signing, NOW, SYSTEM) for _ in range(3)))

    assert await SignInLink.filter(used_at=None).count() == 1


async def test_W03_of_many_links_to_sign_in_made_at_once_one_is_left(cast):
    clara = await Agent.get(email=CLARA)

    secrets = await asyncio.gather(*(sign_in_links.issue(clara, NOW) for _ in range(5)))

    assert sum([await sign_in_links.is_open(secret, NOW) for secret in secrets]) == 1


async def test_W03_who_dies_while_a_password_is_set_leaves_the_link_good_and_the_old_password(
    cast, office, monkeypatch
):
    secret = await invite(await person(ANA), office)

    class Killed(BaseException):
        pass

    async def killed(*_, **__):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(choosing_passwords, "open_session", killed)
        with pytest.raises(Killed):
            await choosing_passwords.choose(secret, "uma senha comprida", NOW)

    assert (await person(ANA)).password_hash is None
    assert await choosing_passwords.choose(secret, "uma senha comprida", NOW)


async def test_W03_a_link_counts_once_for_many_at_once(cast, office):
    secret = await sign_in_links.issue(await Agent.get(email=CLARA), NOW)

    outcomes = await asyncio.gather(*(sign_in_links.redeem(secret, NOW) for _ in range(5)))

    assert sum(each is not None for each in outcomes) == 1


async def test_W03_an_invitation_signs_nobody_in_without_a_password(cast, office):
    secret = await invite(await Agent.get(email=CLARA), office)

    assert await sign_in_links.redeem(secret, NOW) is None
    assert await sign_in_links.owner_of(secret, [LinkKind.SIGN_IN], NOW) is None
    assert await is_open(secret)


async def test_whoever_is_blocked_is_not_invited_and_his_link_opens_nothing(cast, office):
    secret = await invite(await person(ANA), office)
    await granting.block(ANA, SYSTEM, NOW)

    with pytest.raises(Refused) as refused:
        await invite(await person(ANA), office)

    assert refused.value.reason is Reason.INVALID_TRANSITION
    assert not await is_open(secret)


async def test_an_address_has_three_letters_in_an_hour(cast, office):
    for _ in range(3):
        await invite(await person(ANA), office)

    with pytest.raises(Refused) as refused:
        await invite(await person(ANA), office)

    assert refused.value.reason is Reason.RATE_LIMITED
    await invite(await person(ANA), office, NOW + 60 * MINUTE)


INVITING = [
    (ADM, ANA, None), (ADM, CARLA, Reason.NOT_FOUND), (ANA, ADM, Reason.NOT_AUTHORIZED),
    (ADM, CLARA, Reason.NOT_AUTHORIZED), (CLARA, ANA, Reason.NOT_AUTHORIZED),
    ("root@instituicoes.example", CARLA, None), ("root@instituicoes.example", CLARA, None),
]  # fmt: skip


@pytest.mark.parametrize(("who", "whom", "reason"), INVITING)
async def test_W10_only_who_manages_somebody_invites_him(cast, office, who, whom, reason):
    actor, owner = [await Agent.get_or_none(email=each) or await person(each) for each in (who, whom)]

    if reason is None:
        await inviting.invite(owner, office.signing, NOW, actor_of(actor))
        return
    with pytest.raises(Refused) as refused:
        await inviting.invite(owner, office.signing, NOW, actor_of(actor))

    assert refused.value.reason is reason
    assert not await Delivery.exists()


async def test_W03_what_was_sent_before_a_block_does_not_let_him_in_after_it(cast, office):
    secrets = [await invite(await person(ANA), office), await invite(await Agent.get(email=CLARA), office)]
    await granting.block(ANA, SYSTEM, NOW)
    clara = await Agent.get(email=CLARA)
    await changing_agents.block(clara, SYSTEM, NOW)

    await granting.unblock(ANA, SYSTEM, NOW)
    await changing_agents.unblock(clara, SYSTEM, NOW)

    assert [await is_open(each) for each in secrets] == [False, False]
