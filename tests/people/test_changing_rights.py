"""What becomes of a person's rights when one part is changed, and what an organization always keeps."""

import pytest

from core.audit import AuditRow
from core.decision import Reason
from core.errors import InvalidFields, Refused
from core.people import granting, persons, sessions
from core.people.actor import SYSTEM
from core.people.actors import actor_of_person
from core.people.granting import PersonChange
from core.people.persons import NewPerson
from core.people.rights import Rights, RightsChange, after
from core.people.scopes import TOTAL
from core.people.tables import Person, Session
from tests.people.cast import NOW, PROFILE

ANA, ADM, BRUNO = "ana@org-a.example", "adm@org-a.example", "bruno@org-a.example"
KEY_USER = Rights("key_user", False, TOTAL)
BOTH = Rights("key_user", True, TOTAL)
NARROW = Rights("key_user", True, ("approve_quotes",))
ADMIN, READER = Rights("admin", True), Rights()

TABLE = [
    ("a reader may speak", READER, RightsChange(may_speak=True), KEY_USER),
    ("an administrator may speak and stays one", ADMIN, RightsChange(may_speak=True), BOTH),
    ("a key user is silenced", KEY_USER, RightsChange(may_speak=False), READER),
    ("a key user who administers is silenced", BOTH, RightsChange(may_speak=False), ADMIN),
    ("a silent one is silenced", ADMIN, RightsChange(may_speak=False), ADMIN),
    ("whoever may speak may speak, and no more than before", NARROW, RightsChange(may_speak=True), NARROW),
    ("the role alone takes administration", BOTH, RightsChange("key_user"), KEY_USER),
    ("the role alone takes administration from an admin", ADMIN, RightsChange("reader"), READER),
    ("the role with administration keeps it", ADMIN, RightsChange("key_user", administers=True), BOTH),
    ("a key user becomes an administrator alone", BOTH, RightsChange("admin"), ADMIN),
    ("a key user administers, too", KEY_USER, RightsChange(administers=True), BOTH),
    ("a reader administers", READER, RightsChange(administers=True), ADMIN),
    ("an administrator administers no more", ADMIN, RightsChange(administers=False), READER),
    ("a key user administers no more", BOTH, RightsChange(administers=False), KEY_USER),
    ("scopes are narrowed", BOTH, RightsChange(scopes=["approve_quotes"]), NARROW),
    ("all scopes are taken", BOTH, RightsChange(scopes=[]), Rights("key_user", True, ())),
    ("a block keeps the rights", BOTH, RightsChange(blocked=True), Rights("key_user", True, TOTAL, True)),
    ("nothing", BOTH, RightsChange(), BOTH),
]


@pytest.mark.parametrize(("before", "change", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_one_change_of_rights(before, change, expected):
    assert after(before, change) == expected


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (RightsChange("king"), "role"),
        (RightsChange("reader", may_speak=True), "may_speak"),
        (RightsChange("key_user", may_speak=False), "may_speak"),
        (RightsChange("admin", administers=False), "administers"),
        (RightsChange("reader", administers=True), "administers"),
        (RightsChange("reader", scopes=["high_impact"]), "scopes"),
        (RightsChange("key_user", scopes=["everything"]), "scopes"),
    ],
)
def test_parts_that_contradict_each_other_change_nothing(change, field):
    with pytest.raises(InvalidFields) as invalid:
        after(BOTH, change)

    assert list(invalid.value.errors) == [field]


LESS = {
    "S4-16 blocked": RightsChange(blocked=True),
    "S4-16 demoted": RightsChange("reader"),
    "S4-16 made a key user alone": RightsChange("key_user"),
    "S4-16 administers no more": RightsChange(administers=False),
}


@pytest.mark.parametrize("less", LESS.values(), ids=LESS)
async def test_the_last_administrator_stays_one(cast, less):
    adm = await Person.get(email=ADM)
    row = await Person.filter(id=adm.id).values()

    with pytest.raises(Refused) as refused:
        await granting.change(PersonChange(adm.id, less), PROFILE, SYSTEM, NOW)

    assert refused.value.reason is Reason.LAST_ADMINISTRATOR
    assert await Person.filter(id=adm.id).values() == row
    assert not await AuditRow.filter(object_id=f"person:{adm.id}").exclude(action="user_added").exists()
    await persons.add(NewPerson("eva@org-a.example", "Org A", role="admin"), PROFILE, SYSTEM, NOW)
    await granting.change(PersonChange(adm.id, less), PROFILE, SYSTEM, NOW)


async def test_a_blocked_administrator_and_one_of_another_organization_are_not_another(cast):
    await persons.add(NewPerson("eva@org-a.example", "Org A", role="admin"), PROFILE, SYSTEM, NOW)
    await persons.add(NewPerson("chefe@org-b.example", "Org B", role="admin"), PROFILE, SYSTEM, NOW)
    await granting.block("eva@org-a.example", SYSTEM, NOW)

    with pytest.raises(Refused):
        await granting.block(ADM, SYSTEM, NOW)


async def test_S4_20_a_blocked_key_user_keeps_his_place(cast):
    await granting.authorize(BRUNO, PROFILE, SYSTEM, NOW)
    await granting.block(BRUNO, SYSTEM, NOW)

    with pytest.raises(Refused) as refused:
        await granting.authorize(ADM, PROFILE, SYSTEM, NOW)

    assert refused.value.reason is Reason.KEY_USER_QUOTA
    assert not (await granting.unblock(BRUNO, SYSTEM, NOW)).blocked


async def test_every_change_of_rights_counts_the_version_and_says_before_and_after(cast):
    person = await granting.authorize(BRUNO, PROFILE, SYSTEM, NOW)

    row = await AuditRow.get(action="user_authorized")
    assert row.before == "role=reader may_speak=no administers=no blocked=no scopes=none"
    assert row.after == (
        "role=key_user may_speak=yes administers=no blocked=no scopes=request_services,approve_quotes,high_impact"
    )
    assert person.version == 2
    assert (await granting.authorize(BRUNO, PROFILE, SYSTEM, NOW)).version == 2
    assert await AuditRow.filter(action="user_authorized").count() == 1


async def test_a_change_of_an_older_version_is_stale(cast):
    bruno = await granting.authorize(BRUNO, PROFILE, SYSTEM, NOW)

    with pytest.raises(Refused) as refused:
        await granting.change(PersonChange(bruno.id, RightsChange(blocked=True), version=1), PROFILE, SYSTEM, NOW)

    assert refused.value.reason is Reason.STALE_VERSION
    assert not (await Person.get(id=bruno.id)).blocked


@pytest.mark.parametrize(
    ("email", "change", "remains"),
    [
        (ANA, RightsChange(may_speak=False), False),
        (ANA, RightsChange(scopes=["approve_quotes"]), False),
        (ANA, RightsChange(blocked=True), False),
        (BRUNO, RightsChange(may_speak=True), False),
        (ANA, RightsChange(administers=True), True),
        (ANA, RightsChange(), True),
    ],
)
async def test_W06_sessions_end_when_rights_shrink_or_the_role_is_another(cast, email, change, remains):
    person = await Person.get(email=email)
    await sessions.open_session(person, NOW)

    await granting.change(PersonChange(person.id, change), PROFILE, SYSTEM, NOW)

    assert await Session.exists(person_id=person.id) is remains


async def test_an_administrator_who_is_one_no_more_changes_nothing_even_where_he_was_let_in_before(cast):
    actor = actor_of_person(await Person.get(email=ADM))
    await persons.add(NewPerson("eva@org-a.example", "Org A", role="admin"), PROFILE, SYSTEM, NOW)
    await granting.change(PersonChange(actor.id, RightsChange("reader")), PROFILE, SYSTEM, NOW)

    with pytest.raises(Refused) as refused:
        await granting.authorize(BRUNO, PROFILE, actor, NOW)

    assert refused.value.reason is Reason.NOT_AUTHORIZED
    assert not (await Person.get(email=BRUNO)).may_speak
