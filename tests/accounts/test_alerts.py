"""Signs of a shared password: who is told, who may block, and what happens by itself (S4-18)."""

from contextlib import AsyncExitStack
from dataclasses import replace

import pytest

from core import clock
from core.audit import AuditRow
from core.deliveries import Delivery
from core.keys import Key, SigningKeys
from core.people import alerts, persons, sessions
from core.people.actor import SYSTEM
from core.people.persons import NewPerson
from core.people.places import family_of, place_of
from core.people.tables import AccountAlert, Agent, Person, Session
from core.profile import Profile
from core.tickets import joining_persons
from tests.accounts.conftest import Time
from tests.accounts.visitor import CHROME, FIREFOX, IPHONE, Visitor, visiting
from tests.harness.house import House, open_house

ANA, ADM, CARLA = "ana@org-a.example", "adm@org-a.example", "carla@org-b.example"
CLARA, ROOT = "clara@instituicoes.example", "root@instituicoes.example"
BROWSERS = (CHROME, FIREFOX, IPHONE)


async def share(house: House, email: str, browsers: tuple[str, ...] = BROWSERS) -> None:
    """Sign `email` in from each of `browsers`."""
    for browser in browsers:
        async with visiting(house, browser) as somebody:
            assert (await somebody.sign_in(email)).status == 303


async def told() -> set[tuple[str, int]]:
    return {(each.recipient_kind, each.recipient_id) for each in await Delivery.filter(kind="account_alert")}


async def owner(email: str) -> Agent | Person:
    return await Agent.get_or_none(email=email) or await Person.get(email=email)


async def test_S4_18_three_places_within_an_hour_are_told_to_the_organizations_administrators(house: House) -> None:
    await share(house, ANA)

    (alert,) = await AccountAlert.all()
    ana, adm = await owner(ANA), await owner(ADM)
    assert (alert.person_id, alert.places, alert.settled_at) == (ana.id, 3, None)
    assert await told() == {("person", adm.id)}
    assert await AuditRow.exists(action="account_alert_raised", detail=f"person:{ana.id}")
    assert not (await Person.get(id=ana.id)).blocked


async def test_S4_18_an_agents_are_told_to_the_desks_admins(house: House) -> None:
    await share(house, CLARA)

    assert await told() == {("agent", (await owner(ROOT)).id)}


async def test_the_desks_admins_hear_of_the_only_administrator_too(house: House) -> None:
    await share(house, ADM)

    assert await told() == {("person", (await owner(ADM)).id), ("agent", (await owner(ROOT)).id)}


QUIET = [
    ("two places", (CHROME, FIREFOX)), ("one browser often", (CHROME, CHROME, CHROME, CHROME)),
    ("one browser that was renewed", (CHROME, CHROME.replace("120", "121"), CHROME.replace("120", "122"))),
]  # fmt: skip


@pytest.mark.parametrize("browsers", [browsers for _, browsers in QUIET], ids=[name for name, _ in QUIET])
async def test_one_person_with_a_desk_and_a_telephone_is_no_sign(house: House, browsers: tuple[str, ...]) -> None:
    await share(house, ANA, browsers)

    assert not await AccountAlert.exists()


async def test_what_is_signed_out_or_long_ago_counts_no_more(house: House, time: Time) -> None:
    await share(house, ANA, BROWSERS[:2])
    time.move(minutes=60)
    await share(house, ANA, BROWSERS[2:])
    assert not await AccountAlert.exists()

    await Session.all().delete()
    await share(house, ANA, BROWSERS[:2])
    assert not await AccountAlert.exists()


async def test_it_is_told_once_a_day(house: House, time: Time) -> None:
    await share(house, ANA, BROWSERS * 2)
    assert (await AccountAlert.all().count(), await Delivery.filter(kind="account_alert").count()) == (1, 1)

    time.move(hours=24)
    await share(house, ANA)
    assert await AccountAlert.all().count() == 2


async def test_a_sign_in_that_awaits_its_code_is_no_place(house: House) -> None:
    ana = await Person.get(email=ANA)
    ana.totp_sealed = b"x"
    await ana.save()
    await share(house, ANA)

    assert not await AccountAlert.exists()


def blocking(profile: Profile) -> Profile:
    access = profile.access.model_copy(update={"block_shared_passwords": True})
    return profile.model_copy(update={"access": access})


@pytest.mark.parametrize(("email", "is_blocked"), [(ANA, True), (CLARA, True), (ADM, False), (ROOT, False)])
async def test_S4_18_where_the_profile_says_so_the_account_is_blocked_but_never_the_last_administrator(
    house: House, tmp_path, email: str, is_blocked: bool
) -> None:
    strict = replace(house.office, profile=blocking(house.office.profile))
    async with open_house(strict, tmp_path / "strict") as other:
        await share(other, email)

    assert (await owner(email)).blocked is is_blocked
    assert await AccountAlert.all().count() == 1
    assert bool(await Session.exists()) is not is_blocked


async def test_who_dies_while_an_alert_is_raised_leaves_it_to_the_next_sign_in(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana, profile = await owner(ANA), house.office.profile
    for place in "abc":
        await sessions.open_session(ana, clock.now(), place)

    async def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(alerts, "notify", killed)
        with pytest.raises(KeyboardInterrupt):
            await alerts.look_for_sharing(ana, profile, clock.now())
    assert not await AccountAlert.exists()

    assert len(await alerts.look_for_sharing(ana, profile, clock.now())) == 1
    assert await alerts.look_for_sharing(ana, profile, clock.now()) == []


async def seen(visitor: Visitor, email: str) -> bool:
    return email in (await visitor.get("/alerts")).text


async def test_an_administrator_blocks_the_account_and_every_session_ends(house: House) -> None:
    async with AsyncExitStack() as stack:
        thieves = [await stack.enter_async_context(visiting(house, browser)) for browser in BROWSERS]
        for thief in thieves:
            await thief.sign_in(ANA)
        adm = await stack.enter_async_context(visiting(house))
        await adm.sign_in(ADM)
        (alert,) = await AccountAlert.all()
        assert await seen(adm, ANA)

        answer = await adm.send("/alerts", f"/alerts/{alert.id}/block")

        assert (answer.status, answer.location) == (303, "/alerts?said=block")
        assert [(await thief.get("/account")).status for thief in thieves] == [303, 303, 303]
        assert not await seen(adm, ANA)
        assert (await adm.send("/account", f"/alerts/{alert.id}/settle")).status == 404
    assert (await owner(ANA)).blocked
    await alert.refresh_from_db()
    assert alert.settled_by == f"person:{(await owner(ADM)).id}"


async def test_a_settled_alert_blocks_nobody(house: House) -> None:
    await share(house, ANA)
    (alert,) = await AccountAlert.all()
    async with visiting(house) as adm:
        await adm.sign_in(ADM)
        assert (await adm.send("/alerts", f"/alerts/{alert.id}/settle")).status == 303
        assert not await seen(adm, ANA)
    assert not (await owner(ANA)).blocked


async def test_an_alert_about_who_was_merged_since_blocks_nobody_else(house: House) -> None:
    await share(house, ANA)
    (alert,) = await AccountAlert.all()
    bruno = await owner("bruno@org-a.example")
    await joining_persons.merge((await owner(ANA)).id, bruno.id, SYSTEM, clock.now())
    async with visiting(house) as adm:
        await adm.sign_in(ADM)
        assert (await adm.send("/account", f"/alerts/{alert.id}/block")).status == 303
    await bruno.refresh_from_db()
    assert not bruno.blocked


async def test_the_last_administrator_is_not_blocked_and_the_page_says_so(house: House) -> None:
    await share(house, ADM)
    (alert,) = await AccountAlert.all()
    async with visiting(house) as root:
        await root.sign_in(ROOT)
        answer = await root.send("/alerts", f"/alerts/{alert.id}/block")

        assert answer.status == 409
        assert "administrador" in answer.text
        assert await seen(root, ADM)
    assert not (await owner(ADM)).blocked


@pytest.mark.parametrize(
    ("whose", "who", "page", "act"),
    [
        (ANA, ADM, 200, 303), (ANA, ROOT, 200, 303), (ANA, "adela@org-b.example", 200, 404), (ANA, CLARA, 403, 403),
        (CARLA, ADM, 200, 404), (CLARA, ADM, 200, 404), (CLARA, ROOT, 200, 303), (ANA, CARLA, 403, 403),
    ],
)  # fmt: skip
async def test_W10_foreign_alerts_do_not_exist(house: House, whose: str, who: str, page: int, act: int) -> None:
    new = NewPerson("adela@org-b.example", "Org B", role="admin")
    await persons.add(new, house.office.profile, SYSTEM, clock.now())
    adela = await Person.get(email="adela@org-b.example")
    account = await owner(whose)
    for place in "abc":
        await sessions.open_session(account, clock.now(), place)
    await alerts.look_for_sharing(account, house.office.profile, clock.now())
    (alert,) = await AccountAlert.all()

    async with visiting(house) as visitor:
        begun = await sessions.open_session(adela if who == adela.email else await owner(who), clock.now())
        visitor.plant(begun.cookie)
        shown = await visitor.get("/alerts")
        answer = await visitor.post(f"/alerts/{alert.id}/settle", csrf_token=begun.csrf_token)

    assert (shown.status, answer.status) == (page, act)
    assert (whose in shown.text) is (act == 303)


FAMILIES = [
    (CHROME, "Chrome Windows"), (FIREFOX, "Firefox Linux"), (IPHONE, "Safari iPhone"), (CHROME + " Edg/120.0", "Edg Windows"),
    ("", "other other"), ("curl/8", "other other"),
]  # fmt: skip


@pytest.mark.parametrize(("user_agent", "family"), FAMILIES)
def test_a_browsers_family_has_no_version(user_agent: str, family: str) -> None:
    assert family_of(user_agent) == family


def test_a_place_tells_nobody_the_address_and_differs_by_key() -> None:
    signing, other = (SigningKeys([Key("k", bytes([n]) * 32)]) for n in (1, 2))

    place = place_of("192.0.2.1", CHROME, signing)
    assert len(place) == 64
    assert len({place, place_of("192.0.2.2", CHROME, signing), place_of("192.0.2.1", FIREFOX, signing),
                place_of("192.0.2.1", CHROME, other)}) == 4  # fmt: skip
    assert place == place_of("192.0.2.1", CHROME, signing)
