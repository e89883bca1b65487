"""A person's several addresses, telephones and chats: whose they may become, and what stays."""

import pytest

from core.audit import AuditRow
from core.decision import Reason
from core.errors import InvalidFields, Refused
from core.people import agents, identities, link_codes, organizations, persons
from core.people.actor import SYSTEM
from core.people.actors import actor_of_person
from core.people.agents import NewAgent
from core.people.directory import Directory
from core.people.identities import NewIdentity
from core.people.organizations import NewOrganization
from core.people.persons import NewPerson
from core.people.tables import Identity, Person
from tests.people.cast import NOW, PROFILE

ANA, ADM, BRUNO = "ana@org-a.example", "adm@org-a.example", "bruno@org-a.example"


@pytest.fixture
async def ana(cast):
    return await Person.get(email=ANA)


@pytest.fixture
async def adm(cast):
    return actor_of_person(await Person.get(email=ADM))


async def test_a_second_address_and_telephone_speak_for_their_person(ana, adm):
    await identities.add(NewIdentity(ana.id, "email", "Ana.Silva@Gmail.example"), PROFILE, adm, NOW)
    await identities.add(NewIdentity(ana.id, "phone", "(21) 99876-5432"), PROFILE, adm, NOW)

    directory = Directory(PROFILE)
    assert (await directory.by_email("ana.silva@gmail.example", NOW)).speaker.id == ana.id
    assert (await directory.by_phone("+5521998765432", NOW)).speaker.id == ana.id
    rows = await AuditRow.filter(action="identity_added")
    assert {row.actor for row in rows} == {f"person:{adm.id}"}
    assert all("gmail" not in str(dict(row)) and "998765432" not in str(dict(row)) for row in rows)
    assert (await Person.get(id=ana.id)).version == 3


async def test_S4_20_one_place_of_the_quota_is_one_persons_who_has_few_mailboxes(ana, adm):
    for number in range(identities.MAX_OF_A_KIND - 1):
        await identities.add(NewIdentity(ana.id, "email", f"ana{number}@gmail.example"), PROFILE, adm, NOW)

    with pytest.raises(InvalidFields) as refused:
        await identities.add(NewIdentity(ana.id, "email", "mais@gmail.example"), PROFILE, adm, NOW)

    assert refused.value.errors == {"email": ["there are too many"]}
    await identities.add(NewIdentity(ana.id, "phone", "(21) 99876-5432"), PROFILE, adm, NOW)


FOREIGN = {
    "another organization's domain": ("email", "ana@org-b.example"),
    "below another organization's domain": ("email", "ana@mail.org-b.example"),
    "the desk's domain": ("email", "ana@instituicoes.example"),
}
TAKEN = {
    "the desk's mailbox": ("email", "atendimento@instituicoes.example"),
    "the desk's mailbox with a tag": ("email", "Atendimento+x@instituicoes.example"),
    "an agent's": ("email", "clara@instituicoes.example"),
    "a colleague's": ("email", BRUNO),
    "his own": ("email", ANA),
    "somebody's elsewhere": ("email", "CARLA@org-b.example"),
    "S4-22 the board's": ("email", "diretoria@org-a.example"),
    "no address": ("email", "ana"),
    "T17 a homoglyph": ("email", "\u0430na@org-a.example"),
    "his own telephone": ("phone", "11 91234-5678"),
    "no telephone": ("phone", "12"),
}


@pytest.mark.parametrize(("kind", "value"), [*FOREIGN.values(), *TAKEN.values()], ids=[*FOREIGN, *TAKEN])
async def test_an_organizations_administrator_claims_nothing_of_others(ana, adm, kind, value):
    with pytest.raises(InvalidFields) as invalid:
        await identities.add(NewIdentity(ana.id, kind, value), PROFILE, adm, NOW)

    assert list(invalid.value.errors) == [kind]
    assert await Identity.filter(person_id=ana.id).count() == 2


@pytest.mark.parametrize(("kind", "value"), FOREIGN.values(), ids=FOREIGN)
async def test_he_cannot_bring_a_new_person_from_there_either_but_the_desk_can(ana, adm, kind, value):
    with pytest.raises(InvalidFields):
        await persons.add(NewPerson(value, "Org A"), PROFILE, adm, NOW)

    assert (await persons.add(NewPerson(value, "Org A"), PROFILE, SYSTEM, NOW)).organization_id == ana.organization_id


async def test_S4_22_nobody_becomes_a_board_and_no_board_somebody(ana):
    with pytest.raises(InvalidFields):
        await persons.add(NewPerson("diretoria@org-a.example", "Org A"), PROFILE, SYSTEM, NOW)
    with pytest.raises(InvalidFields):
        await agents.add(NewAgent("diretoria@org-a.example", "n1"), PROFILE, SYSTEM, NOW)
    for board in (ANA, "clara@instituicoes.example", "diretoria@org-a.example"):
        with pytest.raises(InvalidFields) as invalid:
            await organizations.add(NewOrganization("Org C", board_mailbox=board), SYSTEM, NOW)
        assert list(invalid.value.errors) == ["board_mailbox"]


async def test_the_main_address_stays_and_another_can_be_taken(ana, adm):
    main = await Identity.get(key=ANA)
    other = await identities.add(NewIdentity(ana.id, "email", "ana2@org-a.example"), PROFILE, adm, NOW)

    with pytest.raises(InvalidFields):
        await identities.remove(ana.id, main.id, adm, NOW)
    await identities.remove(ana.id, other.id, adm, NOW)

    assert [each.key for each in await Identity.filter(person_id=ana.id, kind="email")] == [ANA]
    assert await AuditRow.exists(action="identity_removed", object_id=f"identity:{other.id}")


async def test_a_linked_chat_is_taken_and_speaks_no_more(ana, adm):
    await link_codes.redeem(await link_codes.issue(ANA, NOW), "guiche:42", NOW)
    chat = await Identity.get(kind="telegram")

    await identities.remove(ana.id, chat.id, adm, NOW)

    assert (await Directory(PROFILE).by_telegram("guiche:42", NOW)).speaker.id == 0


async def test_a_chat_is_not_added_by_hand(ana, adm):
    with pytest.raises(InvalidFields) as invalid:
        await identities.add(NewIdentity(ana.id, "telegram", "guiche:42"), PROFILE, adm, NOW)

    assert list(invalid.value.errors) == ["kind"]


async def test_an_identity_of_somebody_else_is_not_there(ana, adm):
    bruno = await Identity.get(key=BRUNO)

    with pytest.raises(Refused) as refused:
        await identities.remove(ana.id, bruno.id, adm, NOW)

    assert refused.value.reason is Reason.NOT_FOUND
    assert await Identity.exists(key=BRUNO)
