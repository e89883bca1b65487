"""Agents as the desk's admin meets them: adding, their role, what else they may, and whether they are let in."""

import pytest

from core.audit import AuditRow
from core.deliveries import Delivery
from core.people.tables import Agent, Session
from tests.admin_pages.admin import CLARA, HOSTILE, ROOT, Admin
from tests.harness.house import House
from tests.portal.portal import ANA

NEW = "nova@instituicoes.example"
AGENTS = "/admin/agents"


async def path_of(email: str, rest: str = "") -> str:
    return f"{AGENTS}/{(await Agent.get(email=email)).id}{rest}"


async def test_the_list_says_who_is_what_and_is_searched(root: Admin) -> None:
    await Agent.filter(email=CLARA).update(also="n2:note", blocked=True)
    shown = await root.get(AGENTS)
    found = await root.get(f"{AGENTS}?q=CLARA")

    assert shown.status == 200 and "ler e anotar" in shown.text and "bloqueado" in shown.text
    assert "administrador do atendimento" in shown.text
    assert CLARA in found.text and f"href=\"{await path_of('lia@instituicoes.example')}\"" not in found.html


async def test_an_agent_is_added_and_invited(root: Admin) -> None:
    done = await root.send(AGENTS, email=NEW, name="Nova", role="agent", sector="n1", invite="on")

    added = await Agent.get(email=NEW)
    assert (done.status, done.location) == (303, f"{AGENTS}/{added.id}?said=added")
    assert (added.name, added.role, added.sector) == ("Nova", "agent", "n1")
    assert await Delivery.filter(kind="invitation").count() == 1
    assert "O atendente foi adicionado." in (await root.get(done.location)).text


WRONG = [
    ("A-email", {"email": "isto não é"}, "E-mail: não é um endereço de e-mail"),
    ("A-taken", {"email": ANA}, "E-mail: alguém já tem este endereço"),
    ("A-ours", {"email": "atendimento@instituicoes.example"}, "E-mail: não pode ser um endereço"),
    ("A-role", {"role": "god"}, "Papel: "), ("A-sector", {"sector": "lua"}, "Setor: "),
    ("A-no-sector", {"sector": ""}, "Setor: "),
]
UNPRINTABLE = [("line", "Nova\nBcc: x@x.example"), ("bell", "Nova\x07"), ("backwards", "Nova\u202eavon")]


@pytest.mark.parametrize(("fields", "said"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG])
async def test_what_is_wrong_is_said_and_what_was_typed_is_kept(root: Admin, fields: dict[str, str], said: str) -> None:
    before = await Agent.all().count()
    answer = await root.send(AGENTS, **{"email": NEW, "name": "Nome Digitado", "role": "agent", "sector": "n1", **fields})

    assert answer.status == 422 and said in answer.text
    assert 'value="Nome Digitado"' in answer.html and 'aria-invalid="true"' in answer.html
    assert await Agent.all().count() == before


@pytest.mark.parametrize("name", [name for _, name in UNPRINTABLE], ids=[case for case, _ in UNPRINTABLE])
async def test_a_name_that_cannot_be_printed_is_no_agents(root: Admin, name: str) -> None:
    answer = await root.send(AGENTS, email=NEW, name=name, role="agent", sector="n1")

    assert answer.status == 422 and "Nome: " in answer.text
    assert not await Agent.exists(email=NEW)


async def test_W06_another_role_and_sector_end_the_sessions(root: Admin, house: House) -> None:
    await Admin(house).sign_in(CLARA)
    await root.sign_in(ROOT)
    done = await root.send(await path_of(CLARA, "/post"), role="lead", sector="n2")

    clara = await Agent.get(email=CLARA)
    assert done.status == 303 and (clara.role, clara.sector) == ("lead", "n2")
    assert not await Session.exists(agent_id=clara.id)
    wrong = await root.send(await path_of(CLARA, "/post"), role="agent", sector="lua")
    assert wrong.status == 422 and (await Agent.get(email=CLARA)).role == "lead"


async def test_POL07_rights_beyond_the_own_sector_are_given_and_taken(root: Admin) -> None:
    sector = (await Agent.get(email=CLARA)).sector
    done = await root.send(await path_of(CLARA, "/rights"), level_n2="note", **{f"level_{sector}": "work"})
    assert done.status == 303 and (await Agent.get(email=CLARA)).also == "n2:note"
    assert '<option value="note" selected>' in (await root.get(done.location)).html

    wrong = await root.send(await path_of(CLARA, "/rights"), level_n2="everything")
    assert wrong.status == 422 and "Direito: " in wrong.text and (await Agent.get(email=CLARA)).also == "n2:note"
    await root.send(await path_of(CLARA, "/rights"), level_n2="")
    assert (await Agent.get(email=CLARA)).also == ""


async def test_W22_whoever_is_blocked_is_out_at_once_and_may_come_back(root: Admin, house: House) -> None:
    await Admin(house).sign_in(CLARA)
    await root.sign_in(ROOT)
    assert (await root.send(await path_of(CLARA, "/block"))).status == 303
    clara = await Agent.get(email=CLARA)
    assert clara.blocked and not await Session.exists(agent_id=clara.id)
    invited = await root.send(await path_of(CLARA, "/invitation"))
    assert invited.status == 422 and 'role="alert"' in invited.html

    assert (await root.send(await path_of(CLARA, "/unblock"))).status == 303
    assert not (await Agent.get(email=CLARA)).blocked
    actions = set(await AuditRow.filter(object_id=f"agent:{clara.id}").values_list("action", flat=True))
    assert {"agent_blocked", "agent_unblocked"} <= actions


async def test_the_last_admin_of_the_desk_stays_and_is_told_so(root: Admin) -> None:
    for rest, fields in (("/block", {}), ("/post", {"role": "lead", "sector": "n1"})):
        answer = await root.send(await path_of(ROOT, rest), **fields)
        assert answer.status == 409 and "O atendimento mantém ao menos um administrador." in answer.text
    last = await Agent.get(email=ROOT)
    assert not last.blocked and last.role == "admin"


async def test_an_invitation_is_sent_again_but_not_for_ever(root: Admin) -> None:
    statuses = [(await root.send(await path_of(CLARA, "/invitation"))).status for _ in range(4)]

    assert statuses == [303, 303, 303, 429]


async def test_a_lost_second_factor_is_reset(root: Admin) -> None:
    await Agent.filter(email=CLARA).update(totp_sealed=b"sealed")
    assert "Redefinir o segundo fator" in (await root.get(await path_of(CLARA))).text
    done = await root.send(await path_of(CLARA, "/second-factor"))

    assert done.status == 303 and (await Agent.get(email=CLARA)).totp_sealed is None
    shown = await root.get(done.location)
    assert "Nenhum código é pedido" in shown.text and "Redefinir o segundo fator" not in shown.text


@pytest.mark.parametrize("number", ["0", "999999", "99999999999", "x"])
async def test_what_names_no_agent_is_not_found(root: Admin, number: str) -> None:
    assert (await root.get(f"{AGENTS}/{number}")).status == 404
    for rest in ("post", "rights", "block", "unblock", "invitation", "second-factor"):
        assert (await root.send(f"{AGENTS}/{number}/{rest}")).status == 404


async def test_hostile_names_are_shown_as_text(root: Admin) -> None:
    await Agent.filter(email=CLARA).update(name=HOSTILE)
    for path in (AGENTS, await path_of(CLARA)):
        shown = await root.get(path)
        assert "<img src=x" not in shown.html and HOSTILE in shown.text and "49" not in shown.text.split()
    answer = await root.send(AGENTS, email=HOSTILE, name=HOSTILE, role=HOSTILE, sector=HOSTILE)
    assert answer.status == 422 and "<img src=x" not in answer.html
    answer = await root.send(await path_of(CLARA, "/rights"), level_n2=HOSTILE)
    assert answer.status == 422 and "<img src=x" not in answer.html
