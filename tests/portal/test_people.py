"""An organization's people as its administrator meets them: what the page says, does, and refuses."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from core import clock
from core.audit import AuditRow
from core.people import persons
from core.people.actor import SYSTEM
from core.people.persons import NewPerson
from core.people.tables import Identity, LinkCode, Organization, Person, Session
from core.tickets.tables import Held
from tests.harness.house import House, open_house, with_profile
from tests.portal.held import NEW, hold
from tests.portal.portal import ADM, ANA, BRUNO, CARLA, Visitor

HOSTILE = "<img src=x onerror=alert(1)>\"'{{7*7}}"


@pytest.fixture
def migrated_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """One database is enough: pages do not differ by it."""
    return f"sqlite://{shutil.copy(migrated_sqlite, tmp_path / 'guiche.sqlite3')}"


@pytest.fixture
async def adm(house: House) -> Visitor:
    return await Visitor(house).sign_in(ADM)


async def number_of(email: str) -> int:
    return (await Person.get(email=email)).id


async def path_of(email: str, rest: str = "") -> str:
    return f"/portal/people/{await number_of(email)}{rest}"


async def fill(house: House, count: int = 1) -> None:
    """Take places of Org A with further key users."""
    for at in range(count):
        new = NewPerson(f"chave{at}@org-a.example", "Org A", role="key_user")
        await persons.add(new, house.office.profile, SYSTEM, clock.now())


async def test_the_list_says_who_may_do_what_and_the_places_that_are_left(adm: Visitor) -> None:
    shown = await adm.get("/portal/people")

    assert shown.status == 200 and "Org A" in shown.text
    assert "Usuários-chave: 1 de 2 vagas ocupadas; livres: 1." in shown.text
    for text in (ADM, ANA, BRUNO, "+5511912345678", "usuário-chave", "leitor", "aprovar orçamentos"):
        assert text in shown.text
    assert CARLA not in shown.text and "Carla" not in shown.text


async def test_the_same_in_english(house: House) -> None:
    adm = await Visitor(house, "en").sign_in(ADM)
    shown = await adm.get("/portal/people")

    assert "Key users: 1 of 2 places taken, 1 left." in shown.text and "approve quotes" in shown.text
    refused = await adm.send(await path_of(ADM, "/rights/unmake-administrator"))
    assert "An organization keeps at least one administrator." in refused.text


async def test_whoever_is_added_belongs_to_the_administrators_own_organization(adm: Visitor) -> None:
    org_b = await Organization.get(name="Org B")
    fields = {"email": NEW, "name": "Novo", "phone": "+55 11 90000-1111", "role": "key_user"}
    done = await adm.send("/portal/people", **fields, organization="Org B", organization_id=str(org_b.id))

    person = await Person.get(email=NEW).select_related("organization")
    assert (done.status, done.location) == (303, f"/portal/people/{person.id}?said=added")
    assert (person.organization.name, person.role, person.may_speak, person.name) == ("Org A", "key_user", True, "Novo")
    assert {each.key for each in await Identity.filter(person_id=person.id)} == {NEW, "+5511900001111"}
    added = await AuditRow.get(action="user_added", object_id=f"person:{person.id}")
    assert added.actor == f"person:{await number_of(ADM)}"


WRONG = [
    ("T-email", {"email": "isto não é"}, "E-mail: não é um endereço de e-mail"),
    ("T-taken", {"email": ANA}, "E-mail: alguém já tem este endereço"),
    ("T-foreign", {"email": "x@org-b.example"}, "E-mail: o domínio pertence a outra organização"),
    ("T-desk", {"email": "atendimento@instituicoes.example"}, "E-mail: não pode ser um endereço do próprio atendimento"),
    ("T-phone", {"email": NEW, "phone": "12"}, "Telefone: não é um número de telefone"),
    ("T-role", {"email": NEW, "role": "root"}, "Papel: deve ser key_user, admin ou reader"),
]


@pytest.mark.parametrize(("fields", "said"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG])
async def test_what_is_wrong_is_said_and_what_was_typed_is_kept(
    adm: Visitor, fields: dict[str, str], said: str
) -> None:
    before = await Person.all().count()
    answer = await adm.send("/portal/people", **{"name": "Nome Digitado", "role": "admin", **fields})

    assert answer.status == 422 and said in answer.text
    assert 'value="Nome Digitado"' in answer.html and 'aria-invalid="true"' in answer.html
    assert await Person.all().count() == before


async def test_S4_20_a_full_quota_is_said_and_the_form_stays_filled(adm: Visitor, house: House) -> None:
    await fill(house)
    answer = await adm.send("/portal/people", email=NEW, name="Novo", role="key_user")

    assert answer.status == 409
    assert "A organização já tem tantos usuários-chave quanto o contrato permite." in answer.text
    assert f'value="{NEW}"' in answer.html and '<option value="key_user" selected>' in answer.html
    assert not await Person.exists(email=NEW)

    refused = await adm.send(await path_of(BRUNO, "/rights/authorise"))
    assert refused.status == 409 and not (await Person.get(email=BRUNO)).may_speak


ACTS: list[tuple[str, str, Callable[[Person], bool]]] = [
    (BRUNO, "authorise", lambda p: p.may_speak and p.role == "key_user"),
    (ANA, "revoke", lambda p: not p.may_speak and p.role == "reader"),
    (ANA, "block", lambda p: p.blocked),
    (BRUNO, "make-administrator", lambda p: p.administers),
    (ANA, "make-administrator", lambda p: p.administers and p.may_speak),
]


@pytest.mark.parametrize(("email", "act", "holds"), ACTS, ids=[f"{each[0]}-{each[1]}" for each in ACTS])
async def test_a_right_is_given_and_taken_with_one_button(
    adm: Visitor, email: str, act: str, holds: Callable[[Person], bool]
) -> None:
    assert not holds(await Person.get(email=email))
    page = await adm.get(await path_of(email))
    assert f'action="{await path_of(email)}/rights/{act}"' in page.html

    done = await adm.send(await path_of(email, f"/rights/{act}"))
    assert done.status == 303 and done.location == await path_of(email, "?said=changed")
    assert holds(await Person.get(email=email))
    assert "A alteração vale a partir de agora." in (await adm.get(done.location)).text


async def test_what_was_taken_is_given_back(adm: Visitor) -> None:
    for act in ("block", "unblock", "make-administrator", "unmake-administrator", "revoke", "authorise"):
        assert (await adm.send(await path_of(ANA, f"/rights/{act}"))).status == 303, act

    ana = await Person.get(email=ANA)
    assert (ana.blocked, ana.administers, ana.may_speak) == (False, False, True)


async def test_S4_03_permissions_are_exactly_what_is_ticked(adm: Visitor) -> None:
    done = await adm.send(await path_of(ANA, "/scopes"), scope_approve_quotes="on", scope_root="on")
    assert done.status == 303 and (await Person.get(email=ANA)).scopes == "approve_quotes"
    shown = await adm.get(await path_of(ANA))
    assert shown.html.count("checked") == 1

    await adm.send(await path_of(ANA, "/scopes"))
    assert (await Person.get(email=ANA)).scopes == ""


async def test_a_reader_has_no_permissions_to_tick(adm: Visitor) -> None:
    assert "scope_" not in (await adm.get(await path_of(BRUNO))).html

    assert (await adm.send(await path_of(BRUNO, "/scopes"), scope_high_impact="on")).status == 422
    assert (await Person.get(email=BRUNO)).scopes == ""


@pytest.mark.parametrize("act", ["unmake-administrator", "block"])
async def test_S4_16_the_last_administrator_stays_and_is_told_so(adm: Visitor, act: str) -> None:
    answer = await adm.send(await path_of(ADM, f"/rights/{act}"))

    assert answer.status == 409 and "Uma organização mantém ao menos um administrador." in answer.text
    last = await Person.get(email=ADM)
    assert last.administers and not last.blocked


async def test_W20_what_another_administrator_changed_meanwhile_is_not_overwritten(adm: Visitor) -> None:
    before = await Person.get(email=ANA)
    await adm.send(await path_of(ANA, "/scopes"))
    answer = await adm.send(await path_of(ANA, "/rights/revoke"), version=str(before.version))

    assert answer.status == 409 and "Alguém alterou este usuário nesse meio-tempo." in answer.text
    assert (await Person.get(email=ANA)).may_speak


async def test_a_name_is_corrected_and_an_empty_one_is_not_taken(adm: Visitor) -> None:
    assert (await adm.send(await path_of(ANA, "/name"), name="Ana Maria")).status == 303
    answer = await adm.send(await path_of(ANA, "/name"), name="  ")

    assert answer.status == 422 and "Nome: deve ter entre 1 e 200 caracteres" in answer.text
    assert (await Person.get(email=ANA)).name == "Ana Maria"


async def test_W06_whoever_is_blocked_is_signed_out_everywhere(adm: Visitor, house: House) -> None:
    await Visitor(house).sign_in(ANA)
    await adm.sign_in(ADM)
    await adm.send(await path_of(ANA, "/rights/block"))

    assert not await Session.exists(person_id=await number_of(ANA))


async def test_a_code_that_links_a_chat_is_shown_once_and_stands_in_no_address(
    house: House, tmp_path: Path
) -> None:
    async with open_house(with_profile(house.office, "representantes"), tmp_path / "other") as other:
        adm = await Visitor(other).sign_in(ADM)
        assert "Gerar um código" in (await adm.get(await path_of(BRUNO))).text
        answer = await adm.send(await path_of(BRUNO, "/telegram-code"))

        assert answer.status == 200 and "/start " in answer.text
        assert (await LinkCode.get()).person_id == await number_of(BRUNO)
        assert "/start " not in (await adm.get(await path_of(BRUNO))).text


async def test_where_telegram_is_no_channel_no_code_is_offered(adm: Visitor) -> None:
    assert "Telegram" not in (await adm.get(await path_of(BRUNO))).text


async def test_hostile_names_and_subjects_are_shown_as_text(adm: Visitor, house: House) -> None:
    await Person.filter(email=BRUNO).update(name=HOSTILE)
    await hold(house.office, subject=HOSTILE)
    await Held.all().update(organization_id=(await Person.get(email=ADM)).organization_id)
    for path in ("/portal/people", await path_of(BRUNO)):
        shown = await adm.get(path)
        assert "<img src=x" not in shown.html and HOSTILE in shown.text and "49" not in shown.text.split()

    answer = await adm.send("/portal/people", email=HOSTILE, name=HOSTILE, phone=HOSTILE, role=HOSTILE)
    assert answer.status == 422 and "<img" not in answer.html.replace('<img src="/static', "")


async def test_nothing_of_any_ticket_stands_on_the_pages(adm: Visitor, house: House) -> None:
    ticket = await house.file("Assunto-secreto", "texto-secreto")
    for path in ("/portal/people", await path_of(ANA)):
        shown = await adm.get(path)
        assert ticket.protocol not in shown.html and "secreto" not in shown.html


async def test_a_long_list_goes_on_on_another_page(adm: Visitor, house: House) -> None:
    organization = await Organization.get(name="Org A")
    for at in range(200):
        await Person.create(
            organization=organization, name=f"P{at}", email=f"p{at}@org-a.example", role="reader", may_speak=False,
            created_at=clock.now(),
        )  # fmt: skip
    first = await adm.get("/portal/people")
    following = first.html.partition('href="/portal/people?cursor=')[2].partition('"')[0]
    second = await adm.get(f"/portal/people?cursor={following}")

    assert ">P199<" not in first.html and ">P199<" in second.html and "cursor=" not in second.html
    assert (await adm.get("/portal/people?cursor=x")).status == 422


@pytest.mark.parametrize("path", ["/portal/people/rights", "/portal/people/0", "/portal/people/99999999999999999999"])
async def test_what_names_nobody_is_not_found(adm: Visitor, path: str) -> None:
    assert (await adm.get(path)).status == 404
    assert (await adm.send(await path_of(ANA, "/rights/delete"))).status == 404
