"""Who reaches the pages of the desk's admin, and whose forms are believed (W07, W10)."""

import pytest

from core.people.tables import Agent, Organization, Person
from tests.admin_pages.admin import ROOT, Admin, organization_path, person_path
from tests.harness.house import House
from tests.portal.portal import ADM, ANA, BRUNO

PAGES = ["/admin/", "/admin/organizations", "{a}", "{a}/people", "{bruno}", "/admin/simulate"]
FORMS = [
    "/admin/organizations", "{a}", "{a}/overrides", "{a}/overrides/remove", "{a}/people", "{a}/merges/1/undo",
    "{bruno}/merge", "{bruno}/name", "{bruno}/scopes", "{bruno}/rights/block", "{bruno}/invitation", "/admin/simulate",
]  # fmt: skip
OTHERS = [
    ADM, ANA, "clara@instituicoes.example", "lia@instituicoes.example", "dora@instituicoes.example",
]  # fmt: skip
VALUES = {"name": "Outra", "email": "outra@org-a.example", "role": "admin", "channel": "email", "into": ANA, "mail": "x"}


async def path(template: str) -> str:
    return template.format(a=await organization_path(), bruno=await person_path(BRUNO))


async def state() -> object:
    """All that a form of the admin could have changed."""
    people = await Person.all().order_by("id").values("name", "role", "scopes", "blocked", "version", "merged_into_id")
    agents = await Agent.all().order_by("id").values("name", "role", "sector", "also", "blocked")
    return people, agents, await Organization.all().order_by("id").values()


async def test_nobody_is_led_to_the_door(house: House) -> None:
    before = await state()
    for each in PAGES:
        shown = await Admin(house).get(await path(each))
        assert shown.status == 303 and shown.location.startswith("/login?next="), each
    for each in FORMS:
        assert (await Admin(house).post(await path(each), **VALUES)).location.startswith("/login"), each
    assert await state() == before


@pytest.mark.parametrize("who", OTHERS)
async def test_whoever_is_not_the_desks_admin_is_refused_everywhere(house: House, who: str) -> None:
    admin = Admin(house)
    await admin.sign_in(who)
    token = admin.token_of((await admin.get("/" if who in (ADM, ANA) else "/console/")).html)
    token = token or admin.token_of((await admin.get("/portal/people")).html)
    before = await state()
    assert token

    statuses = {each: (await admin.get(await path(each))).status for each in PAGES}
    statuses |= {f"POST {each}": (await admin.post(await path(each), token, **VALUES)).status for each in FORMS}

    assert set(statuses.values()) == {403}, statuses
    assert await state() == before


async def test_W07_a_form_without_its_token_changes_nothing(root: Admin, house: House) -> None:
    token = root.token_of((await root.get("/admin/organizations")).html)
    before = await state()
    for each in FORMS:
        for shown in ("", "invented"):
            assert (await root.post(await path(each), shown, **VALUES)).status == 403, each
        form = {"csrf_token": token, **VALUES}
        foreign = {"Origin": "https://evil.example"}
        async with house.http.post(await path(each), data=form, headers=foreign, allow_redirects=False) as answer:
            assert answer.status == 403, each
    assert await state() == before


async def test_an_admin_who_is_none_any_more_loses_the_pages_at_once(root: Admin) -> None:
    await Agent.filter(email=ROOT).update(role="lead")

    assert (await root.get("/admin/")).status == 403
