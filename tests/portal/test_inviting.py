"""Inviting a user from the page: one letter to him, and nothing while he is blocked or has had enough of them."""

import shutil
from pathlib import Path

import pytest

from core.audit import AuditRow
from core.deliveries import Delivery, DeliveryKind
from core.people.tables import Person, SignInLink
from tests.harness.house import House
from tests.portal.held import NEW
from tests.portal.portal import ADM, BRUNO, Visitor


@pytest.fixture
def migrated_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """One database is enough: pages do not differ by it."""
    return f"sqlite://{shutil.copy(migrated_sqlite, tmp_path / 'guiche.sqlite3')}"


@pytest.fixture
async def adm(house: House) -> Visitor:
    return await Visitor(house).sign_in(ADM)


async def path_of(email: str) -> str:
    return f"/portal/people/{(await Person.get(email=email)).id}"


async def letters_to(email: str) -> int:
    person = await Person.get(email=email)
    return await Delivery.filter(kind=DeliveryKind.INVITATION, recipient_kind="person", recipient_id=person.id).count()


async def test_whoever_is_added_is_invited_where_the_form_says_so(adm: Visitor) -> None:
    await adm.send("/portal/people", email=NEW, role="reader", invite="on")
    await adm.send("/portal/people", email="quieto@org-a.example", role="reader")

    assert (await letters_to(NEW), await letters_to("quieto@org-a.example")) == (1, 0)


async def test_the_choice_not_to_invite_is_kept_beside_what_was_wrong(adm: Visitor) -> None:
    assert 'name="invite" checked' in (await adm.get("/portal/people")).html
    unticked = await adm.send("/portal/people", email="x", role="reader")
    ticked = await adm.send("/portal/people", email="x", role="reader", invite="on")

    assert 'name="invite" checked' not in unticked.html and 'name="invite" checked' in ticked.html


async def test_W03_inviting_again_ends_the_earlier_invitation(adm: Visitor) -> None:
    for _ in range(2):
        done = await adm.send(f"{await path_of(BRUNO)}/invitation")
        assert (done.status, done.location) == (303, f"{await path_of(BRUNO)}?said=invited")
    assert "O convite está a caminho." in (await adm.get(done.location)).text

    bruno = await Person.get(email=BRUNO)
    assert await letters_to(BRUNO) == 2
    assert await SignInLink.filter(person_id=bruno.id, kind="invitation", used_at=None).count() == 1
    assert await AuditRow.filter(action="invited", object_id=f"person:{bruno.id}").count() == 2


async def test_too_many_letters_are_refused_and_it_is_said(adm: Visitor) -> None:
    answers = [await adm.send(f"{await path_of(BRUNO)}/invitation") for _ in range(4)]

    assert [each.status for each in answers] == [303, 303, 303, 429]
    assert "Muitas solicitações." in answers[3].text and await letters_to(BRUNO) == 3


async def test_whoever_is_blocked_is_not_invited(adm: Visitor) -> None:
    await adm.send(f"{await path_of(BRUNO)}/rights/block")
    assert "Enviar um convite" not in (await adm.get(await path_of(BRUNO))).text
    answer = await adm.send(f"{await path_of(BRUNO)}/invitation")

    assert answer.status == 422 and "este usuário está bloqueado" in answer.text
    assert await letters_to(BRUNO) == 0
