"""Organizations and users: who may speak, key-user places, blocking."""

import asyncio

import pytest

from core.audit import AuditRow
from core.decision import Reason
from core.errors import InvalidFields, Refused
from core.people import agents, granting, organization_rows, organizations, person_rows, persons
from core.people.actor import SYSTEM
from core.people.agents import NewAgent
from core.people.organizations import NewOrganization
from core.people.persons import NewPerson
from core.people.tables import Identity, Organization, Person
from tests.people.cast import NOW, PROFILE

ANA, ADM, BRUNO = "ana@org-a.example", "adm@org-a.example", "bruno@org-a.example"


async def test_the_cast_has_the_rights_of_its_roles(cast):
    rows = {row["email"]: (row["role"], row["may_speak"]) for row in await person_rows.list_all()}

    assert rows == {
        ANA: ("key_user", True),
        ADM: ("admin", False),
        BRUNO: ("reader", False),
        "carla@org-b.example": ("key_user", True),
    }


async def test_authorizing_makes_a_key_user_and_leaves_a_row_of_who_and_when(cast):
    person = await granting.authorize(BRUNO, PROFILE, SYSTEM, NOW)

    assert (person.role, person.may_speak) == ("key_user", True)
    row = await AuditRow.get(action="user_authorized")
    assert (row.actor, row.object_id, row.at) == ("system", f"person:{person.id}", NOW)


async def test_a_third_key_user_is_refused_by_the_quota_of_the_profile(cast):
    await granting.authorize(BRUNO, PROFILE, SYSTEM, NOW)

    with pytest.raises(Refused) as refused:
        await granting.authorize(ADM, PROFILE, SYSTEM, NOW)
    assert refused.value.reason is Reason.KEY_USER_QUOTA
    with pytest.raises(Refused):
        await persons.add(NewPerson("eva@org-a.example", "Org A", role="key_user"), PROFILE, SYSTEM, NOW)
    assert not await Identity.exists(key="eva@org-a.example")


async def test_an_organizations_own_quota_comes_before_the_profiles(cast):
    await Organization.filter(name="Org A").update(key_user_quota=1)

    with pytest.raises(Refused):
        await granting.authorize(BRUNO, PROFILE, SYSTEM, NOW)


async def test_authorizing_a_key_user_again_takes_no_second_place(cast):
    await granting.authorize(BRUNO, PROFILE, SYSTEM, NOW)

    assert (await granting.authorize(BRUNO, PROFILE, SYSTEM, NOW)).may_speak


async def test_revoking_takes_the_right_to_speak_and_frees_the_place(cast):
    await granting.authorize(BRUNO, PROFILE, SYSTEM, NOW)

    revoked = await granting.revoke(ANA, SYSTEM, NOW)

    assert not revoked.may_speak
    assert (await organization_rows.show("Org A", PROFILE))["key_users"] == 1
    assert (await granting.authorize(ADM, PROFILE, SYSTEM, NOW)).may_speak


async def test_two_at_once_never_share_the_last_place(cast, monkeypatch):
    found_a_place = granting.require_place

    async def thinking_it_over(organization_id, profile):
        await found_a_place(organization_id, profile)
        await asyncio.sleep(0.3)

    monkeypatch.setattr(granting, "require_place", thinking_it_over)

    outcomes = await asyncio.gather(
        granting.authorize(BRUNO, PROFILE, SYSTEM, NOW),
        granting.authorize(ADM, PROFILE, SYSTEM, NOW),
        return_exceptions=True,
    )

    assert sorted(type(each).__name__ for each in outcomes) == ["Person", "Refused"]
    assert await Person.filter(role="key_user", organization__name="Org A").count() == 2


async def test_blocking_and_unblocking_keep_the_rights(cast):
    assert (await granting.block(ANA, SYSTEM, NOW)).blocked
    unblocked = await granting.unblock(ANA, SYSTEM, NOW)

    assert (unblocked.blocked, unblocked.may_speak) == (False, True)


@pytest.mark.parametrize(
    ("new", "field"),
    [
        (NewPerson("no address", "Org A"), "email"),
        (NewPerson("ana\u212a@org-a.example", "Org A"), "email"),
        (NewPerson(ANA.upper(), "Org A"), "email"),
        (NewPerson("clara@instituicoes.example", "Org A"), "email"),
        (NewPerson("eva@org-a.example", "Org C"), "organization"),
        (NewPerson("eva@org-a.example", "Org A", role="king"), "role"),
        (NewPerson("eva@org-a.example", "Org A", phone="12"), "phone"),
        (NewPerson("eva@org-a.example", "Org A", phone="(11) 91234-5678"), "phone"),
    ],
)
async def test_a_user_who_cannot_be_is_named_by_the_field_that_is_wrong(cast, new, field):
    with pytest.raises(InvalidFields) as invalid:
        await persons.add(new, PROFILE, SYSTEM, NOW)

    assert list(invalid.value.errors) == [field]
    assert await Person.all().count() == 4


@pytest.mark.parametrize(
    ("new", "field"),
    [
        (NewOrganization("Org A"), "name"),
        (NewOrganization(" "), "name"),
        (NewOrganization("Org C", ["org-a.example"]), "domains"),
        (NewOrganization("Org C", ["not a domain"]), "domains"),
        (NewOrganization("Org C", key_user_quota=-1), "key_user_quota"),
        (NewOrganization("Org C", key_user_quota=2**40), "key_user_quota"),
    ],
)
async def test_an_organization_that_cannot_be_leaves_nothing_behind(cast, new, field):
    with pytest.raises(InvalidFields) as invalid:
        await organizations.add(new, SYSTEM, NOW)

    assert list(invalid.value.errors) == [field]
    assert await Organization.all().count() == 2


@pytest.mark.parametrize(
    ("new", "field"),
    [
        (NewAgent("eva@instituicoes.example", "uar"), "sector"),
        (NewAgent("eva@instituicoes.example"), "sector"),
        (NewAgent("eva@instituicoes.example", "n1", role="king"), "role"),
        (NewAgent("clara@instituicoes.example", "n1"), "email"),
        (NewAgent(ANA, "n1"), "email"),
    ],
)
async def test_an_agent_who_cannot_be_is_named_by_the_field_that_is_wrong(cast, new, field):
    with pytest.raises(InvalidFields) as invalid:
        await agents.add(new, PROFILE, SYSTEM, NOW)

    assert list(invalid.value.errors) == [field]


@pytest.mark.parametrize("address", ["atendimento@instituicoes.example", "Atendimento+x@instituicoes.example"])
async def test_L04_an_address_of_the_desk_itself_is_nobodys(cast, address):
    with pytest.raises(InvalidFields):
        await persons.add(NewPerson(address, "Org A"), PROFILE, SYSTEM, NOW)
    with pytest.raises(InvalidFields):
        await agents.add(NewAgent(address, "n1"), PROFILE, SYSTEM, NOW)
