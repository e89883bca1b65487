"""Deciding about colleagues on the page: what it shows, what its buttons do, and what it says when it cannot."""

import shutil
from pathlib import Path

import pytest

from core import clock
from core.people import persons
from core.people.actor import SYSTEM
from core.people.persons import NewPerson
from core.people.tables import Person
from core.tickets.tables import Held
from tests.harness.house import House
from tests.portal.held import NEW, hold
from tests.portal.portal import ADM, BRUNO, Visitor


@pytest.fixture
def migrated_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """One database is enough: pages do not differ by it."""
    return f"sqlite://{shutil.copy(migrated_sqlite, tmp_path / 'guiche.sqlite3')}"


@pytest.fixture
async def adm(house: House) -> Visitor:
    return await Visitor(house).sign_in(ADM)


async def test_the_page_shows_who_waits_and_never_what_he_wrote(adm: Visitor, house: House) -> None:
    assert "Aguardando sua decisão" not in (await adm.get("/portal/people")).text
    await hold(house.office)
    shown = await adm.get("/portal/people")

    assert "Aguardando sua decisão" in shown.text and "Acesso ao boletim" in shown.text
    assert NEW in shown.text and "Novo Colega" in shown.text and "e-mail" in shown.text
    assert "texto-secreto" not in shown.html


async def test_what_the_desk_hides_is_hidden_in_what_waits_too(adm: Visitor, house: House) -> None:
    await hold(house.office, subject="Aluno de CPF 529.982.247-25")

    shown = await adm.get("/portal/people")

    assert "Aluno de CPF" in shown.text and "529.982" not in shown.html


async def test_authorising_makes_a_key_user_and_lets_the_message_go(adm: Visitor, house: House) -> None:
    held = await hold(house.office)
    done = await adm.send(f"/portal/colleagues/{held.id}/authorise")

    assert (done.status, done.location) == (303, "/portal/people?said=authorised")
    assert "O usuário já pode falar com o suporte." in (await adm.get(done.location)).text
    assert (await Person.get(email=NEW)).may_speak
    assert (await Held.get()).state == "released"


async def test_dropping_it_leaves_nothing_to_decide(adm: Visitor, house: House) -> None:
    held = await hold(house.office)
    done = await adm.send(f"/portal/colleagues/{held.id}/dismiss")

    assert "A mensagem foi descartada." in (await adm.get(done.location)).text
    assert (await Held.get()).state == "discarded" and not await Person.exists(email=NEW)
    assert (await adm.send(f"/portal/colleagues/{held.id}/authorise")).status == 404


async def test_S4_20_a_full_quota_is_said_and_it_goes_on_waiting(adm: Visitor, house: House) -> None:
    held = await hold(house.office)
    new = NewPerson("chave@org-a.example", "Org A", role="key_user")
    await persons.add(new, house.office.profile, SYSTEM, clock.now())
    answer = await adm.send(f"/portal/colleagues/{held.id}/authorise")

    assert answer.status == 409 and "tantos usuários-chave quanto o contrato permite" in answer.text
    assert "Acesso ao boletim" in answer.text
    assert (await Held.get()).state == "held"


async def test_a_blocked_user_is_not_authorised_and_the_page_says_why(adm: Visitor, house: House) -> None:
    held = await hold(house.office, BRUNO)
    await Person.filter(email=BRUNO).update(blocked=True)
    answer = await adm.send(f"/portal/colleagues/{held.id}/authorise")

    assert answer.status == 422 and "E-mail: este usuário está bloqueado" in answer.text


async def test_another_rule_that_keeps_the_message_back_is_said(adm: Visitor, house: House) -> None:
    held = await hold(house.office, flags=("infected",))
    done = await adm.send(f"/portal/colleagues/{held.id}/authorise")

    assert "Outra regra retém a mensagem" in (await adm.get(done.location)).text
    assert (await Person.get(email=NEW)).may_speak
    assert NEW not in (await adm.get(done.location)).text.partition("Pessoas da sua organização")[0]


async def test_nothing_but_our_own_words_is_said_after_a_redirect(adm: Visitor) -> None:
    shown = await adm.get("/portal/people?said=%3Cb%3Eroubado")

    assert shown.status == 200 and "roubado" not in shown.html
