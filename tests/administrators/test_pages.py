"""The card on the ticket's page, and the page where an organization's administrator contests."""

import re
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from core import clock
from core.audit import AuditRow
from core.people.actors import actor_of_agent
from core.people.tables import Agent, Identity, Organization, Person
from core.tickets.administrators.approving import approve
from core.tickets.administrators.tables import AdministratorChange
from tests.administrators.conftest import ADM, ANA, ASKED, Ask
from tests.harness.house import House


@pytest.fixture
def migrated_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """One database is enough: pages do not differ by it."""
    return f"sqlite://{shutil.copy(migrated_sqlite, tmp_path / 'guiche.sqlite3')}"


async def get(house: House, path: str) -> tuple[int, str]:
    async with house.http.get(path) as answer:
        return answer.status, await answer.text()


async def post(house: House, path: str, page: str, **fields: str) -> tuple[int, str]:
    """A form of `page`, sent; what it led to."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found
    async with house.http.post(path, data={"csrf_token": found[1], **fields}) as answer:
        return answer.status, await answer.text()


async def sign_in(house: House, email: str) -> None:
    _, page = await get(house, "/login")
    await post(house, "/login", page, email=email, password=f"demo-{email.partition('@')[0]}")


async def announced(house: House, ask: Ask, text: str = ASKED) -> AdministratorChange:
    row = await ask(text)
    for name in ("dora", "root"):
        agent = await Agent.get(email=f"{name}@instituicoes.example")
        await approve(str(row.id), actor_of_agent(agent), house.office)
    return row


async def test_S4_22_agents_approve_on_the_tickets_page(ask: Ask, house: House) -> None:
    row = await ask()
    path = f"/console/tickets/{row.ticket.protocol}"
    await sign_in(house, "root@instituicoes.example")

    _, page = await get(house, path)
    card = page.partition('id="administrator-change"')[2].partition("</section>")[0]
    assert all(each in card for each in ("Nina Novais", "***.***.***-25", "nina@org-a.example", "aguarda duas"))
    assert "529.982" not in card and "52998224725" not in card
    _, page = await post(house, f"{path}/administrator-change/approve", page)
    assert "Sua aprovação está registrada." in page and "root@instituicoes.example" in page
    status, page = await post(house, f"{path}/administrator-change/approve", page)
    assert status == 422 and "Nada foi feito" in page

    assert (await AdministratorChange.get(id=row.id)).state == "requested"


async def test_S4_22_the_whole_cpf_is_shown_on_demand_and_not_by_an_address(ask: Ask, house: House) -> None:
    row = await ask()
    path = f"/console/tickets/{row.ticket.protocol}"
    await sign_in(house, "root@instituicoes.example")
    _, page = await get(house, path)

    status, page = await post(house, f"{path}/administrator-change/reveal", page)

    assert status == 200 and "52998224725" in page.partition('id="administrator-change"')[2].partition("</section>")[0]
    assert await AuditRow.filter(action="administrator_change.revealed").count() == 1
    assert (await get(house, f"{path}/administrator-change/reveal"))[0] in (404, 405)


async def test_S4_22_agents_fill_in_and_reject_on_the_tickets_page(ask: Ask, house: House) -> None:
    row = await ask("Nome: Nina Novais")
    path = f"/console/tickets/{row.ticket.protocol}"
    await sign_in(house, "root@instituicoes.example")
    _, page = await get(house, path)

    status, page = await post(house, f"{path}/administrator-change/complete", page, cpf="1", email="x@org-a.example")
    assert status == 422 and "CPF: não é um CPF válido" in page and 'value="x@org-a.example"' in page
    _, page = await post(
        house, f"{path}/administrator-change/complete", page, name="", cpf="529.982.247-25", email="x@org-a.example"
    )
    assert "O que você preencheu está registrado." in page
    status, page = await post(house, f"{path}/administrator-change/reject", page, reason="")
    assert status == 422 and "Motivo: " in page
    _, page = await post(house, f"{path}/administrator-change/reject", page, reason="<b>Engano</b>")

    assert "A troca foi recusada." in page and "&lt;b&gt;Engano&lt;/b&gt;" in page and "<b>Engano" not in page
    assert (await AdministratorChange.get(id=row.id)).state == "rejected"


@pytest.mark.parametrize("verb", ["approve", "reject", "complete", "reveal"])
async def test_W07_forms_of_somebody_else_do_nothing(ask: Ask, house: House, verb: str) -> None:
    row = await ask()
    await sign_in(house, "root@instituicoes.example")

    path = f"/console/tickets/{row.ticket.protocol}/administrator-change/{verb}"
    async with house.http.post(path, data={"reason": "x", "csrf_token": "invented"}) as answer:
        assert answer.status == 403

    row = await AdministratorChange.get(id=row.id)
    assert (row.state, row.first_approval_by) == ("requested", None)


async def test_an_ordinary_ticket_has_no_such_card(house: House) -> None:
    ticket = await house.file()
    await sign_in(house, "root@instituicoes.example")
    status, page = await get(house, f"/console/tickets/{ticket.protocol}")

    assert status == 200 and "administrator-change" not in page
    path = f"/console/tickets/{ticket.protocol}/administrator-change/approve"
    assert (await post(house, path, page))[0] == 404


async def test_S4_22_an_administrator_sees_who_is_to_come_and_contests(ask: Ask, house: House) -> None:
    row = await announced(house, ask, ASKED.replace("Nina Novais", "Nina <i>Novais"))
    path = f"/portal/administrator-changes/{row.id}"
    await sign_in(house, ADM)

    status, page = await get(house, path)
    assert status == 200 and "Nina &lt;i&gt;Novais" in page and "nina@org-a.example" in page
    assert "Pode ser contestada até" in page and "529" not in page.replace(path, "")
    status, again = await post(house, f"{path}/contest", page, reason="  ")
    assert status == 422 and "Motivo: " in again
    _, page = await post(house, f"{path}/contest", page, reason="Não fomos ouvidos")

    assert "Você contestou a troca." in page and "contestada" in page and "Contestar a troca" not in page
    status, page = await post(house, f"{path}/contest", page, reason="De novo")
    assert status == 422 and "não pode mais ser contestada" in page
    row = await AdministratorChange.get(id=row.id)
    assert (row.state, row.reason) == ("contested", "Não fomos ouvidos")


async def test_S4_22_when_the_time_is_over_the_page_says_so_and_has_no_form(ask: Ask, house: House) -> None:
    row = await announced(house, ask)
    await AdministratorChange.filter(id=row.id).update(contest_until=clock.now() - timedelta(seconds=1))
    await sign_in(house, ADM)

    _, page = await get(house, f"/portal/administrator-changes/{row.id}")
    assert "Contestar a troca" not in page
    status, page = await post(house, f"/portal/administrator-changes/{row.id}/contest", page, reason="Tarde")

    assert status == 422 and "não pode mais ser contestada" in page


async def test_W10_the_page_is_for_administrators_of_the_organization_alone(ask: Ask, house: House) -> None:
    row, waiting = await announced(house, ask), await ask()
    path = f"/portal/administrator-changes/{row.id}"
    await _foreign_administrator()

    async def seen_by(email: str, at: str = path) -> Any:
        house.http.cookie_jar.clear()
        await sign_in(house, email)
        return (await get(house, at))[0]

    assert await seen_by(ANA) == 403
    assert await seen_by("root@instituicoes.example") == 403
    assert await seen_by("adm@org-b.example") == 404
    assert await seen_by(ADM, f"/portal/administrator-changes/{waiting.id}") == 404, "nobody has approved it yet"
    assert await seen_by(ADM, "/portal/administrator-changes/x") == 404
    house.http.cookie_jar.clear()
    async with house.http.get(path, allow_redirects=False) as answer:
        assert answer.status == 303 and answer.headers["Location"].startswith("/login?next=")


async def _foreign_administrator() -> None:
    """One of Org B, with the password of Org A's."""
    same = await Person.get(email=ADM)
    person = await Person.create(
        organization=await Organization.get(name="Org B"), name="Adm B", email="adm@org-b.example", role="admin",
        may_speak=False, administers=True, password_hash=same.password_hash, created_at=clock.now(),
    )  # fmt: skip
    await Identity.create(person=person, kind="email", key="adm@org-b.example", created_at=clock.now())


async def test_W07_a_contest_of_somebody_elses_form_does_nothing(ask: Ask, house: House) -> None:
    row = await announced(house, ask)
    await sign_in(house, ADM)

    path = f"/portal/administrator-changes/{row.id}/contest"
    async with house.http.post(path, data={"reason": "x", "csrf_token": "invented"}) as answer:
        assert answer.status == 403

    assert (await AdministratorChange.get(id=row.id)).state == "announced"
