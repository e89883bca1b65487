"""Who reaches the pages of an organization's people, by role and route, and whose forms are believed (W07, W10, T22)."""

import shutil
from pathlib import Path

import pytest

from core import clock
from core.people import persons
from core.people.actor import SYSTEM
from core.people.persons import NewPerson
from core.people.tables import LinkCode, Person
from core.tickets.tables import Held
from tests.harness.house import House
from tests.portal.held import NEW, hold
from tests.portal.portal import ADM, ANA, BRUNO, CARLA, Visitor

FORMS = [
    "/portal/people", "/portal/people/{bruno}/name", "/portal/people/{bruno}/scopes",
    "/portal/people/{bruno}/telegram-code", "/portal/people/{bruno}/rights/authorise",
    "/portal/people/{bruno}/rights/revoke", "/portal/people/{bruno}/rights/block",
    "/portal/people/{bruno}/rights/unblock", "/portal/people/{bruno}/rights/make-administrator",
    "/portal/people/{bruno}/rights/unmake-administrator", "/portal/people/{bruno}/invitation",
    "/portal/colleagues/{held}/authorise", "/portal/colleagues/{held}/dismiss",
]  # fmt: skip
PAGES = ["/portal/people", "/portal/people/{bruno}"]
CHIEF = "chefe@org-b.example"
NOT_HIS = [
    ANA, BRUNO, CARLA, "clara@instituicoes.example", "lia@instituicoes.example", "dora@instituicoes.example",
    "root@instituicoes.example",
]  # fmt: skip
VALUES = {"email": NEW, "name": "Outro", "role": "key_user", "scope_high_impact": "on"}


@pytest.fixture
def migrated_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """One database is enough: pages do not differ by it."""
    return f"sqlite://{shutil.copy(migrated_sqlite, tmp_path / 'guiche.sqlite3')}"


@pytest.fixture
async def held(house: House) -> Held:
    return await hold(house.office, "alguma@org-a.example")


async def path(template: str, held: Held) -> str:
    return template.format(bruno=(await Person.get(email=BRUNO)).id, held=held.id)


async def state() -> object:
    """All that a form of the portal could have changed."""
    people = await Person.all().order_by("id").values_list("email", "name", "role", "scopes", "blocked", "version")
    return people, await Held.all().values_list("state", flat=True), await LinkCode.all().count()


async def chief_of_b(house: House) -> Visitor:
    """The administrator of another organization, at the counter."""
    new = NewPerson(CHIEF, "Org B", role="admin")
    chief = await persons.add(new, house.office.profile, SYSTEM, clock.now())
    adm = await Person.get(email=ADM)
    await Person.filter(id=chief.id).update(password_hash=adm.password_hash)
    visitor = Visitor(house)
    token = visitor.token_of((await visitor.get("/login")).html)
    assert (await visitor.post("/login", token, email=CHIEF, password="demo-adm")).status == 303
    return visitor


@pytest.mark.parametrize("template", PAGES)
async def test_nobody_is_led_to_the_door(house: House, held: Held, template: str) -> None:
    shown = await Visitor(house).get(await path(template, held))

    assert shown.status == 303 and shown.location.startswith("/login?next=")


@pytest.mark.parametrize("template", FORMS)
async def test_a_form_of_nobody_changes_nothing(house: House, held: Held, template: str) -> None:
    before = await state()
    answer = await Visitor(house).post(await path(template, held), **VALUES)

    assert answer.status == 303 and answer.location.startswith("/login")
    assert await state() == before


@pytest.mark.parametrize("who", NOT_HIS)
async def test_whoever_administers_no_organization_is_refused_on_every_route(
    house: House, held: Held, who: str
) -> None:
    visitor = await Visitor(house).sign_in(who)
    token = visitor.token_of((await visitor.get("/" if who in (ANA, BRUNO, CARLA) else "/console/")).html)
    before = await state()
    assert token

    statuses = {(await visitor.get(await path(each, held))).status for each in PAGES}
    statuses |= {(await visitor.post(await path(each, held), token, **VALUES)).status for each in FORMS}

    assert statuses == {403}
    assert await state() == before


async def test_T22_to_another_organizations_administrator_none_of_it_exists(house: House, held: Held) -> None:
    chief = await chief_of_b(house)
    before = await state()
    unknown = {(await chief.get("/portal/people/999999")).text}

    shown = await chief.get(await path("/portal/people/{bruno}", held))
    unknown.add(shown.text)
    statuses = {shown.status}
    statuses |= {(await chief.send(await path(each, held), **VALUES)).status for each in FORMS[1:]}

    assert statuses == {404}
    assert len(unknown) == 1, "a foreign user and an unknown one read the same"
    assert await state() == before
    people = await chief.get("/portal/people")
    assert ADM not in people.html and "alguma@org-a.example" not in people.html and CARLA in people.html


@pytest.mark.parametrize("template", FORMS)
async def test_W07_a_form_without_its_token_changes_nothing(house: House, held: Held, template: str) -> None:
    adm = await Visitor(house).sign_in(ADM)
    other = await path(template, held)
    before = await state()

    for token in ("", "invented", "ação"):
        assert (await adm.post(other, token, **VALUES)).status == 403
    token = adm.token_of((await adm.get("/portal/people")).html)
    foreign = {"Origin": "https://evil.example"}
    form = {"csrf_token": token, **VALUES}
    async with house.http.post(other, data=form, headers=foreign, allow_redirects=False) as answer:
        assert answer.status == 403
    async with house.http.post(other, json=form, allow_redirects=False) as answer:
        assert answer.status == 415
    assert await state() == before


async def test_the_front_door_leads_everybody_to_his_own_page(house: House) -> None:
    visitor = Visitor(house)
    assert (await visitor.get("/portal/")).location == "/"
    for email, first in ((ADM, "/portal/people"), (ANA, "/"), ("clara@instituicoes.example", "/")):
        await visitor.sign_in(email)
        assert (await visitor.get("/portal/")).location == first
    await visitor.sign_in(ADM)
    assert (await visitor.get("/")).location == "/portal/people"


async def test_an_administrator_who_is_no_more_loses_the_page_at_once(house: House) -> None:
    adm = await Visitor(house).sign_in(ADM)
    await Person.filter(email=ADM).update(administers=False, role="reader")

    assert (await adm.get("/portal/people")).status == 403


async def test_W18_no_cache_keeps_the_pages(house: House, held: Held) -> None:
    await Visitor(house).sign_in(ADM)
    for template in PAGES:
        async with house.http.get(await path(template, held)) as answer:
            assert answer.headers["Cache-Control"] == "no-store"
            assert "unsafe" not in answer.headers["Content-Security-Policy"]
