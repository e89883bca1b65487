"""Two agents approve, every administrator hears of it, any of them contests, and time concludes it."""

import asyncio
import re
from datetime import timedelta
from typing import Any

import pytest

from core import clock
from core.audit import AuditRow
from core.deliveries import Delivery, DeliveryKind
from core.people.tables import Agent, Identity, Organization, Person, Session
from core.tickets.administrators.concluding import conclude_due
from core.tickets.administrators.tables import AdministratorChange
from core.tickets.tables import Entry, Event
from tests.administrators.conftest import ADM, ANA, ASKED, CARLA, CPF, Ask
from tests.harness.house import House

PATH = "/api/v1/administrator-changes"


async def call(house: House, path: str, who: dict[str, str], json: Any = None) -> tuple[int, Any]:
    method = "GET" if json is None else "POST"
    async with house.http.request(method, f"{PATH}{path}", headers=who, json=json) as answer:
        return answer.status, await answer.json()


async def approved_twice(house: House, row: AdministratorChange) -> Any:
    await call(house, f"/{row.id}/approve", await house.agent("dora"), {})
    status, body = await call(house, f"/{row.id}/approve", await house.agent("root"), {})
    assert status == 200
    return body


async def administrator(email: str, name: str = "Beto Braga", role: str = "admin", **more: Any) -> Person:
    person = await Person.create(
        organization=await Organization.get(name=more.pop("organization", "Org A")), name=name, email=email, role=role,
        may_speak=role == "key_user", administers=True, created_at=clock.now(), **more,
    )  # fmt: skip
    await Identity.create(person=person, kind="email", key=email, created_at=clock.now())
    return person


async def test_S4_22_two_different_agents_approve_and_every_administrator_hears_of_it(ask: Ask, house: House) -> None:
    row = await ask()
    key_user = await Person.get(email=ANA)
    await Person.filter(id=key_user.id).update(administers=True)
    await administrator("bloqueado@org-a.example", blocked=True)
    await administrator("outra@org-b.example", organization="Org B")

    first = await call(house, f"/{row.id}/approve", await house.agent("dora"), {})
    assert first[0] == 200 and (first[1]["state"], first[1]["approvals"]) == ("requested", 1)
    assert await Delivery.filter(kind=DeliveryKind.ADMINISTRATOR_CHANGE.value).count() == 0
    body = await approved_twice(house, row)

    assert (body["state"], body["approvals"]) == ("announced", 2)
    assert body["approved_by"] == ["dora@instituicoes.example", "root@instituicoes.example"]
    letters = await Delivery.filter(kind=DeliveryKind.ADMINISTRATOR_CHANGE.value)
    told = {each.email for each in await Person.filter(id__in=[each.recipient_id for each in letters])}
    assert told == {ADM, ANA} and len(letters) == 2
    assert {each.detail for each in letters} == {str(row.id)}
    await row.refresh_from_db()
    assert row.contest_until is not None
    assert timedelta(hours=47, minutes=59) < row.contest_until - clock.now() <= timedelta(hours=48)
    assert "foram avisados (2)" in (await Entry.get(kind="system")).text
    assert await Event.filter(kind="administrator_approved").count() == 2


async def test_S4_22_the_same_agent_approves_once(ask: Ask, house: House) -> None:
    row, root = await ask(), await house.agent("root")

    assert (await call(house, f"/{row.id}/approve", root, {}))[0] == 200
    status, body = await call(house, f"/{row.id}/approve", root, {})

    assert (status, body["code"]) == (422, "invalid_transition")
    await row.refresh_from_db()
    assert (row.state, row.second_approval_by) == ("requested", None)


async def test_S4_22_two_at_once_count_once_each(ask: Ask, house: House) -> None:
    row = await ask()
    who = [await house.agent("root")] * 4 + [await house.agent("dora")] * 4

    answers = await asyncio.gather(*(call(house, f"/{row.id}/approve", each, {}) for each in who))

    assert sorted(status for status, _ in answers) == [200, 200, *[422] * 6]
    await row.refresh_from_db()
    assert row.state == "announced" and row.first_approval_by != row.second_approval_by
    assert await Delivery.filter(kind=DeliveryKind.ADMINISTRATOR_CHANGE.value).count() == 1
    assert await AuditRow.filter(action="administrator_change.approved").count() == 2


async def test_S4_22_who_was_blocked_since_has_approved_nothing(ask: Ask, house: House) -> None:
    row = await ask()
    await call(house, f"/{row.id}/approve", await house.agent("dora"), {})
    await Agent.filter(email="dora@instituicoes.example").update(blocked=True)

    status, body = await call(house, f"/{row.id}/approve", await house.agent("root"), {})

    assert (status, body["state"], body["approved_by"]) == (200, "requested", ["root@instituicoes.example"])


@pytest.mark.parametrize("verb", ["approve", "reject", "complete"])
@pytest.mark.parametrize(("who", "status"), [("clara", 404), (ANA, 403), (ADM, 403), ("", 401)])
async def test_W10_only_agents_who_may_act_on_the_ticket_decide(
    ask: Ask, house: House, verb: str, who: str, status: int
) -> None:
    row = await ask()
    headers = (await house.customer(who) if "@" in who else await house.agent(who)) if who else {}

    assert (await call(house, f"/{row.id}/{verb}", headers, {"reason": "x"} if verb == "reject" else {}))[0] == status
    assert (await call(house, f"/{row.id}", headers))[0] == status
    assert (await AdministratorChange.get(id=row.id)).state == "requested"


@pytest.mark.parametrize("change_id", ["0", "999999", "99999999999", "x", "-1", "1.5", "%00"])
async def test_an_unknown_id_is_not_found(house: House, change_id: str) -> None:
    for path in (f"/{change_id}", f"/{change_id}?reveal=1"):
        assert (await call(house, path, await house.agent("root")))[0] == 404
    for verb in ("approve", "complete", "reject"):
        body = {"reason": "x"} if verb == "reject" else {"name": "Nina"} if verb == "complete" else {}
        assert (await call(house, f"/{change_id}/{verb}", await house.agent("root"), body))[0] == 404
    assert (await call(house, f"/{change_id}/contest", await house.customer(ADM), {"reason": "x"}))[0] == 404


async def test_S4_22_the_cpf_is_masked_until_somebody_asks_and_the_audit_keeps_that(ask: Ask, house: House) -> None:
    row, root = await ask(), await house.agent("root")

    _, shown = await call(house, f"/{row.id}", root)
    assert (shown["name"], shown["cpf"], shown["email"]) == ("Nina Novais", "***.***.***-25", "nina@org-a.example")
    assert await AuditRow.filter(action="administrator_change.revealed").count() == 0
    _, revealed = await call(house, f"/{row.id}?reveal=1", root)

    assert revealed["cpf"] == "52998224725"
    [audited] = await AuditRow.filter(action="administrator_change.revealed")
    assert audited.object_id == f"administrator_change:{row.id}" and audited.actor.startswith("agent:")


async def test_S4_22_who_may_only_read_the_ticket_sees_how_far_it_is_and_no_data(ask: Ask, house: House) -> None:
    row, root, clara = await ask(), await house.agent("root"), await house.agent("clara")
    path = f"/api/v1/tickets/{row.ticket.protocol}/forward"
    for sector in ("n1", "administrativo"):
        who = root if sector == "n1" else clara
        async with house.http.post(path, headers=who, json={"sector": sector, "fields": {}}) as answer:
            assert answer.status == 200

    _, shown = await call(house, f"/{row.id}", clara)
    status, _ = await call(house, f"/{row.id}?reveal=1", clara)

    assert (shown["state"], shown["may_act"]) == ("requested", False)
    assert [shown[each] for each in ("name", "cpf", "email", "replaces")] == [None] * 4
    assert status == 404
    assert (await call(house, f"/{row.id}/approve", clara, {}))[0] == 404


async def test_W21_the_list_shows_what_one_may_read(ask: Ask, house: House) -> None:
    rows = [await ask(), await ask("Nome: Nina Novais")]

    _, own = await call(house, "", await house.agent("root"))
    _, foreign = await call(house, "", await house.agent("clara"))
    _, incomplete = await call(house, "?state=incomplete", await house.agent("root"))
    _, page = await call(house, "?limit=1", await house.agent("root"))
    _, rest = await call(house, f"?limit=1&cursor={page['next']}", await house.agent("root"))

    assert [each["id"] for each in own["items"]] == [rows[1].id, rows[0].id] and own["next"] is None
    assert foreign["items"] == []
    assert [(each["id"], each["missing"]) for each in incomplete["items"]] == [(rows[1].id, ["cpf", "email"])]
    assert [each["id"] for each in (*page["items"], *rest["items"])] == [rows[1].id, rows[0].id] and rest["next"] is None
    assert (await call(house, "", await house.customer(ADM)))[0] == 403
    for wrong in ("?state=x", "?limit=0", "?limit=201", "?cursor=x", "?who=me"):
        assert (await call(house, wrong, await house.agent("root")))[0] == 422


async def test_S4_22_the_ticket_tells_agents_how_far_it_is(ask: Ask, house: House) -> None:
    row = await ask()
    async with house.http.get(
        f"/api/v1/tickets/{row.ticket.protocol}", headers=await house.agent("root")
    ) as answer:
        shown = await answer.json()

    summary = {"id": row.id, "state": "requested", "contest_until": None, "approvals": 0}
    assert shown["administrator_change"] == summary


async def test_S4_22_an_agent_fills_in_what_is_missing_and_approvals_start_anew(ask: Ask, house: House) -> None:
    row, root, dora = await ask("Nome: Nina Novais"), await house.agent("root"), await house.agent("dora")
    path = f"/{row.id}/complete"

    assert (await call(house, f"/{row.id}/approve", root, {}))[0] == 422
    half = await call(house, path, root, {"cpf": CPF})
    assert (half[1]["state"], half[1]["missing"]) == ("incomplete", ["email"])
    full = await call(house, path, root, {"email": "Nina@Org-A.example"})
    assert (full[1]["state"], full[1]["email"]) == ("requested", "nina@org-a.example")
    await call(house, f"/{row.id}/approve", root, {})
    again = await call(house, path, dora, {"name": "Nina Nunes"})

    assert (again[1]["approvals"], again[1]["name"], again[1]["cpf"]) == (0, "Nina Nunes", "***.***.***-25")
    audited = await AuditRow.filter(action="administrator_change.completed").order_by("id")
    assert [each.detail for each in audited] == ["fields=cpf", "fields=email", "fields=name"]
    await approved_twice(house, row)
    assert (await call(house, path, root, {"name": "Outra Pessoa"}))[0] == 422


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({}, "name"), ({"cpf": "111.111.111-11"}, "cpf"), ({"email": "nina"}, "email"), ({"name": " "}, "name"),
        ({"name": "nina@org-a.example"}, "name"), ({"replaces": "1"}, "replaces"), ({"role": "admin"}, "role"),
        ({"email": ""}, "email"), ({"name": 7}, "name"),
    ],
)  # fmt: skip
async def test_S4_22_what_is_filled_in_must_make_sense(
    ask: Ask, house: House, said: dict[str, object], field: str
) -> None:
    row = await ask()

    status, body = await call(house, f"/{row.id}/complete", await house.agent("root"), said)

    assert (status, list(body["errors"])) == (422, [field])


async def test_S4_22_nobody_approves_what_replaces_somebody_unknown(ask: Ask, house: House) -> None:
    row, root = await ask(f"{ASKED}\nSubstitui: ninguem@org-a.example"), await house.agent("root")

    status, body = await call(house, f"/{row.id}/approve", root, {})
    assert (status, list(body["errors"])) == (422, ["replaces"])
    await call(house, f"/{row.id}/complete", root, {"replaces": ""})

    assert (await call(house, f"/{row.id}/approve", root, {}))[0] == 200


@pytest.mark.parametrize(
    ("email", "why"),
    [
        ("clara@instituicoes.example", "agent"), ("atendimento@instituicoes.example", "desk"),
        (CARLA, "elsewhere"), ("diretoria@org-a.example", "board"), ("bloqueado@org-a.example", "blocked"),
    ],
)  # fmt: skip
async def test_S4_22_an_address_of_somebody_else_fails_at_the_first_approval(
    ask: Ask, house: House, email: str, why: str
) -> None:
    await administrator("bloqueado@org-a.example", blocked=True)
    row = await ask(ASKED.replace("nina@org-a.example", email))

    status, body = await call(house, f"/{row.id}/approve", await house.agent("root"), {})

    assert (status, body["state"], body["reason"]) == (200, "failed", why)
    assert "não pode valer" in (await Entry.get(kind="system")).text
    assert (await call(house, f"/{row.id}/approve", await house.agent("dora"), {}))[0] == 422
    assert await Delivery.filter(kind=DeliveryKind.ADMINISTRATOR_CHANGE.value).count() == 0


@pytest.mark.parametrize("approvals", [0, 1, 2])
async def test_S4_22_an_agent_rejects_it_with_a_reason(ask: Ask, house: House, approvals: int) -> None:
    row, root = await ask(), await house.agent("root")
    for name in ("dora", "root")[:approvals]:
        await call(house, f"/{row.id}/approve", await house.agent(name), {})

    assert (await call(house, f"/{row.id}/reject", root, {"reason": " "}))[0] == 422
    assert (await call(house, f"/{row.id}/reject", root, {"reason": "x" * 201}))[0] == 422
    status, body = await call(house, f"/{row.id}/reject", root, {"reason": "A diretoria desistiu"})

    assert (status, body["state"], body["reason"]) == (200, "rejected", "A diretoria desistiu")
    assert (await call(house, f"/{row.id}/reject", root, {"reason": "de novo"}))[0] == 422
    assert (await call(house, f"/{row.id}/approve", await house.agent("dora"), {}))[0] == 422
    assert await conclude_due(house.office, clock.now() + timedelta(hours=49)) == []
    assert not await Person.exists(email="nina@org-a.example")


async def test_S4_22_an_administrator_contests_in_time_and_it_never_takes_effect(ask: Ask, house: House) -> None:
    row, adm = await ask(), await house.customer(ADM)
    assert (await call(house, f"/{row.id}/contest", adm, {"reason": "Não fui ouvido"}))[0] == 404
    await approved_twice(house, row)

    assert (await call(house, f"/{row.id}/contest", adm, {"reason": ""}))[0] == 422
    status, body = await call(house, f"/{row.id}/contest", adm, {"reason": "Não fui ouvido"})

    assert (status, body["state"], body["may_contest"]) == (200, "contested", False)
    assert "cpf" not in body
    assert (await call(house, f"/{row.id}/contest", adm, {"reason": "De novo"}))[0] == 422
    await conclude_due(house.office, clock.now() + timedelta(hours=49))
    assert (await AdministratorChange.get(id=row.id)).state == "contested"
    assert not await Person.exists(email="nina@org-a.example")
    texts = [each.text for each in await Entry.filter(kind="system").order_by("seq")]
    name = (await Person.get(email=ADM)).name
    assert texts[-1] == f"{name}, que administra a organização, contesta a troca de administrador: Não fui ouvido"


async def test_S4_22_nobody_else_contests_it(ask: Ask, house: House) -> None:
    row = await ask()
    await administrator("chefe@org-b.example", organization="Org B")
    await approved_twice(house, row)

    async def status(headers: dict[str, str]) -> int:
        return (await call(house, f"/{row.id}/contest", headers, {"reason": "x"}))[0]

    assert await status(await house.customer("chefe@org-b.example")) == 404
    assert [await status(await house.customer(each)) for each in (ANA, CARLA)] == [403, 403]
    assert [await status(await house.agent("root")), await status({})] == [403, 401]
    assert (await AdministratorChange.get(id=row.id)).state == "announced"


async def test_S4_22_it_is_too_late_to_contest_when_the_time_is_over(
    ask: Ask, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = await ask()
    await approved_twice(house, row)
    headers = await house.customer(ADM)
    await row.refresh_from_db()
    assert row.contest_until is not None
    monkeypatch.setattr(clock, "now", lambda until=row.contest_until: until)

    status, body = await call(house, f"/{row.id}/contest", headers, {"reason": "Tarde"})

    assert (status, body["code"]) == (422, "invalid_transition")


async def _due(house: House, row: AdministratorChange) -> None:
    await approved_twice(house, row)
    await conclude_due(house.office, clock.now() + timedelta(hours=47))
    assert (await AdministratorChange.get(id=row.id)).state == "announced"
    await conclude_due(house.office, clock.now() + timedelta(hours=49))


async def test_S4_22_when_nobody_contests_the_new_administrator_is_made(ask: Ask, house: House) -> None:
    row = await ask()
    await _due(house, row)

    await row.refresh_from_db()
    nina = await Person.get(email="nina@org-a.example")
    assert (row.state, row.decided_by) == ("done", "system")
    assert (nina.name, nina.role, nina.administers, nina.may_speak) == ("Nina Novais", "admin", True, False)
    assert nina.organization_id == row.organization_id
    assert await Identity.exists(kind="email", key="nina@org-a.example", person_id=nina.id)
    assert (await Person.get(email=ADM)).administers, "nobody was to be replaced"
    [letter] = await Delivery.filter(kind=DeliveryKind.INVITATION.value)
    assert (letter.recipient_kind, letter.recipient_id) == ("person", nina.id)
    assert [each.kind async for each in Event.filter(ticket_id=row.ticket_id).order_by("version")][-1] == (
        "administrator_concluded"
    )


async def test_S4_22_the_tickets_log_tells_each_step(ask: Ask, house: House) -> None:
    row = await ask()
    await _due(house, row)

    path = f"/api/v1/tickets/{row.ticket.protocol}/log"
    async with house.http.get(path, headers=await house.agent("root")) as answer:
        rows = (await answer.json())["items"]
    steps = [each for each in rows if each["field"] == "administrator_change"]
    assert [(each["who"], each["before"], each["after"]) for each in steps] == [
        ("system", None, "requested"), ("dora@instituicoes.example", "requested", "requested"),
        ("root@instituicoes.example", "requested", "announced"), ("system", "announced", "done"),
    ]


@pytest.mark.parametrize("said", ["by-address", "by-name"])
async def test_S4_22_whom_he_replaces_administers_no_more(ask: Ask, house: House, said: str) -> None:
    adm = await Person.get(email=ADM)
    name = ADM if said == "by-address" else adm.name
    await Session.create(
        digest="d" * 64, person=adm, csrf_token="c", created_at=clock.now(), expires_at=clock.now() + timedelta(hours=1)
    )
    row = await ask(f"{ASKED}\nSubstitui: {name}")
    await _due(house, row)

    version = adm.version
    await adm.refresh_from_db()
    assert (adm.administers, adm.role, adm.version) == (False, "reader", version + 1)
    assert not await Session.filter(person_id=adm.id).exists()
    assert (await Person.get(email="nina@org-a.example")).administers


async def test_S4_22_a_key_user_becomes_administrator_beside_it_and_a_reader_becomes_one(
    ask: Ask, house: House
) -> None:
    for email in (ANA, "bruno@org-a.example"):
        await _due(house, await ask(ASKED.replace("nina@org-a.example", email)))

    ana, bruno = await Person.get(email=ANA), await Person.get(email="bruno@org-a.example")
    assert (ana.role, ana.may_speak, ana.administers) == ("key_user", True, True)
    assert (bruno.role, bruno.may_speak, bruno.administers) == ("admin", False, True)
    assert await Person.filter(organization_id=ana.organization_id).count() == 3
    assert await Delivery.filter(kind=DeliveryKind.INVITATION.value).count() == 0, "both have a password"


async def test_S4_16_a_change_never_leaves_an_organization_without_administrator(ask: Ask, house: House) -> None:
    row = await ask(ASKED.replace("nina@org-a.example", ADM) + f"\nSubstitui: {ADM}")
    await _due(house, row)

    assert (await AdministratorChange.get(id=row.id)).state == "done"
    assert (await Person.get(email=ADM)).administers


async def test_S4_22_an_organization_without_administrator_waits_as_long(ask: Ask, house: House) -> None:
    await Person.filter(email=ADM).update(administers=False, role="reader")
    row = await ask()
    await _due(house, row)

    assert (await AdministratorChange.get(id=row.id)).state == "done"
    texts = [each.text for each in await Entry.filter(kind="system").order_by("seq")]
    assert "não tem administrador que pudesse ser avisado" in texts[0]
    assert (await Person.get(email="nina@org-a.example")).administers


async def test_S4_22_an_address_taken_meanwhile_fails_at_the_end(ask: Ask, house: House) -> None:
    row = await ask()
    await approved_twice(house, row)
    await administrator("nina@org-a.example", organization="Org B")

    await conclude_due(house.office, clock.now() + timedelta(hours=49))
    await conclude_due(house.office, clock.now() + timedelta(hours=49))

    await row.refresh_from_db()
    assert (row.state, row.reason) == ("failed", "elsewhere")
    assert await Event.filter(kind="administrator_failed").count() == 1
    assert await Person.filter(administers=True, organization_id=row.organization_id).count() == 1


async def test_S4_22_two_schedulers_conclude_once(ask: Ask, house: House) -> None:
    row = await ask()
    await approved_twice(house, row)
    later = clock.now() + timedelta(hours=49)

    await asyncio.gather(*(conclude_due(house.office, later) for _ in range(4)))

    assert await Person.filter(email="nina@org-a.example").count() == 1
    assert await AuditRow.filter(action="administrator_change.concluded").count() == 1
    assert await AuditRow.filter(action="user_added", detail=f"administrator_change:{row.id}").count() == 1


async def test_S4_22_contesting_and_concluding_at_once_do_one_of_both(ask: Ask, house: House) -> None:
    row = await ask()
    await approved_twice(house, row)
    adm, later = await house.customer(ADM), clock.now() + timedelta(hours=49)

    answers = await asyncio.gather(
        conclude_due(house.office, later), call(house, f"/{row.id}/contest", adm, {"reason": "x"})
    )

    await row.refresh_from_db()
    status = answers[1][0]
    assert (row.state, status) in (("done", 422), ("contested", 200))
    assert await Person.exists(email="nina@org-a.example") == (row.state == "done")


async def test_S4_22_a_crash_in_the_middle_of_the_end_leaves_all_as_it_was(
    ask: Ask, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = await ask(f"{ASKED}\nSubstitui: {ADM}")
    await approved_twice(house, row)
    later = clock.now() + timedelta(hours=49)

    async def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("core.tickets.administrators.concluding.send_link", killed)
        with pytest.raises(KeyboardInterrupt):
            await conclude_due(house.office, later)
    assert (await AdministratorChange.get(id=row.id)).state == "announced"
    assert (await Person.get(email=ADM)).administers and not await Person.exists(email="nina@org-a.example")
    await conclude_due(house.office, later)

    assert (await AdministratorChange.get(id=row.id)).state == "done"
    assert not (await Person.get(email=ADM)).administers


async def test_S4_22_every_step_is_audited_and_no_row_holds_personal_data(ask: Ask, house: House) -> None:
    row, root = await ask(f"Nome: Nina Novais\nCPF: {CPF}\nSubstitui: {ADM}"), await house.agent("root")
    await call(house, f"/{row.id}/complete", root, {"email": "nina@org-a.example"})
    await call(house, f"/{row.id}?reveal=1", root)
    await _due(house, row)

    audited = await AuditRow.filter(object_id=f"administrator_change:{row.id}").order_by("at", "id")
    assert [(each.action.partition(".")[2], each.before, each.after) for each in audited] == [
        ("asked", "", "state=incomplete approvals=0"),
        ("completed", "state=incomplete approvals=0", "state=requested approvals=0"),
        ("revealed", "", ""),
        ("approved", "state=requested approvals=0", "state=requested approvals=1"),
        ("approved", "state=requested approvals=1", "state=announced approvals=2"),
        ("concluded", "state=announced approvals=2", "state=done approvals=2"),
    ]
    everything = " ".join(str(each) for each in await AuditRow.all().values("actor", "action", "detail", "before", "after", "object_id"))
    assert not re.search(r"nina|novais|529|@org-a", everything, re.IGNORECASE)
    persons = await AuditRow.filter(detail=f"administrator_change:{row.id}").order_by("at", "id")
    assert [each.action for each in persons] == ["user_added", "user_rights_changed", "invited"]
    assert "role=admin" in persons[1].before and "role=reader" in persons[1].after


@pytest.mark.parametrize("name", ["Beto Braga", "Nina Novais"], ids=["anothers-name", "the-new-ones-name"])
async def test_S4_22_whoever_is_told_that_he_goes_cannot_hide_behind_a_name(ask: Ask, house: House, name: str) -> None:
    former = await Person.get(email=ADM)
    await Person.filter(id=former.id).update(name=name)
    row = await ask(f"{ASKED}\nSubstitui: {name}")
    await approved_twice(house, row)
    # He knows for two days: of a second administrator called like him nobody could tell who is meant.
    await administrator("outro@org-a.example", name)

    await conclude_due(house.office, clock.now() + timedelta(hours=49))

    assert (await AdministratorChange.get(id=row.id)).state == "done"
    assert (await Person.get(email="nina@org-a.example")).administers
    assert not (await Person.get(id=former.id)).administers
