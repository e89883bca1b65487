"""Organizations as the desk's admin meets them: listing, adding, changing, and what is refused there."""

import pytest

from core import clock
from core.audit import AuditRow
from core.people.overrides import overrides_of
from core.people.tables import Agent, Organization, OrganizationDomain, Person
from tests.admin_pages.admin import HOSTILE, ROOT, Admin, organization_path, person_path
from tests.harness.house import House
from tests.portal.portal import ADM, ANA, BRUNO, CARLA

FACTS = {"name": "Org Nova", "domains": "nova.example, outra.example\nterceira.example", "key_user_quota": "3"}


async def test_the_overview_counts_what_there_is_and_leads_there(root: Admin) -> None:
    shown = await root.get("/admin/")

    assert shown.status == 200
    for name, count in (("Organizações", await Organization.all().count()), ("Atendentes", await Agent.all().count())):
        assert f"{name} {count}" in shown.text
    for href in ("/admin/organizations", "/admin/agents", "/admin/audit", "/alerts", "/policy", "/console/held"):
        assert f'href="{href}"' in shown.html
    assert '<a href="/admin/">Administração</a>' in shown.html
    assert (await root.get("/admin")).location == "/admin/"


async def test_only_the_admin_has_the_way_there_in_his_bar(root: Admin) -> None:
    await root.sign_in("clara@instituicoes.example")

    assert 'href="/admin/"' not in (await root.get("/console/")).html


async def test_the_list_is_searched_by_name_and_read_page_by_page(root: Admin) -> None:
    for at in range(60):
        await Organization.create(name=f"Empresa {at:03d} %_", created_at=clock.now())
    first = await root.get("/admin/organizations?q=empresa")
    following = first.html.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    second = await root.get(following)

    assert "Empresa 000" in first.text and "Empresa 059" not in first.text and "Org A" not in first.text
    assert "Empresa 059" in second.text and 'rel="next"' not in second.html
    assert "Empresa 000" not in (await root.get("/admin/organizations?q=%25%25")).text
    assert (await root.get("/admin/organizations?cursor=x")).status == 200


async def test_an_organization_is_added_with_what_is_known_of_it(root: Admin) -> None:
    done = await root.send("/admin/organizations", **FACTS, document="11.222.333/0001-81", board_mailbox="Diretoria@nova.example")

    added = await Organization.get(name="Org Nova")
    assert (done.status, done.location) == (303, f"/admin/organizations/{added.id}?said=added")
    assert (added.document, added.key_user_quota, added.board_mailbox) == ("11222333000181", 3, "diretoria@nova.example")
    domains = await OrganizationDomain.filter(organization_id=added.id).order_by("domain").values_list("domain", flat=True)
    assert list(domains) == ["nova.example", "outra.example", "terceira.example"]
    row = await AuditRow.get(action="organization_added", object_id=f"organization:{added.id}")
    assert row.actor == f"agent:{(await Agent.get(email=ROOT)).id}"
    shown = await root.get(done.location)
    assert "A organização foi adicionada." in shown.text and 'value="11222333000181"' in shown.html


WRONG = [
    ("O-name", {"name": " "}, "Nome: deve ter entre 1 e 200 caracteres"),
    ("O-taken", {"name": "Org A"}, "Nome: já existe uma organização com este nome"),
    ("O-domain", {"domains": "isto@não"}, "Domínios de e-mail: não é um domínio de e-mail"),
    ("O-foreign", {"domains": "org-b.example"}, "Domínios de e-mail: o domínio pertence a outra organização"),
    ("O-document", {"document": "123"}, "CNPJ ou CPF: não é CPF nem CNPJ"),
    ("O-quota", {"key_user_quota": "muitas"}, "Vagas de usuário-chave: deve ser um número de 0 a 1000000"),
    ("O-board", {"board_mailbox": "diretoria"}, "E-mail da diretoria: não é um endereço de e-mail"),
    ("O-board-taken", {"board_mailbox": ANA}, "E-mail da diretoria: alguém já tem este endereço"),
    ("O-board-ours", {"board_mailbox": "atendimento@instituicoes.example"}, "E-mail da diretoria: não pode ser"),
]


@pytest.mark.parametrize(("fields", "said"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG])
async def test_what_is_wrong_is_said_and_what_was_typed_is_kept(root: Admin, fields: dict[str, str], said: str) -> None:
    typed = {**FACTS, "document": "529.982.247-25", **fields}
    for path in ("/admin/organizations", await organization_path("Org B")):
        if path != "/admin/organizations" and "org-b.example" in fields.values():
            continue
        before = await Organization.all().order_by("id").values()
        answer = await root.send(path, **typed)

        assert answer.status == 422 and said in answer.text, path
        assert "terceira.example" in answer.html or "domains" in fields
        assert 'aria-invalid="true"' in answer.html
        assert await Organization.all().order_by("id").values() == before


async def test_facts_are_changed_and_its_own_rules_for_channels_stay(root: Admin) -> None:
    path = await organization_path()
    await root.send(f"{path}/overrides", channel="email", may_complement="on")
    done = await root.send(path, name="Org A", domains="org-a.example", key_user_quota="7", document="", board_mailbox="")

    changed = await Organization.get(name="Org A")
    assert done.status == 303 and (changed.key_user_quota, changed.board_mailbox) == (7, None)
    assert [each.channel for each in overrides_of(changed.overrides)] == ["email"]
    assert "A alteração vale a partir de agora." in (await root.get(done.location)).text


async def test_a_channel_of_its_own_is_added_shown_and_taken_away(root: Admin) -> None:
    path = await organization_path()
    done = await root.send(f"{path}/overrides", channel="email", may_complement="on", since="2026-01-01", until="2030-02-03")
    shown = await root.get(done.location)

    assert done.status == 303 and "complementar chamado" in shown.text
    assert "01/01/2026" in shown.text and 'datetime="2026-01-01"' in shown.html and 'datetime="2030-02-03"' in shown.html
    [override] = overrides_of((await Organization.get(name="Org A")).overrides)
    other = override.model_copy(update={"until": None}).model_dump_json()
    await root.send(f"{path}/overrides/remove", override=other)
    assert len(overrides_of((await Organization.get(name="Org A")).overrides)) == 1, "only what it says goes"
    await root.send(f"{path}/overrides/remove", override=override.model_dump_json())
    assert (await Organization.get(name="Org A")).overrides == ""


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"channel": "whatsapp"}, "Canal: não é um canal oficial do perfil"),
        ({"channel": "email", "since": "ontem"}, "Desde: não é um dia como 2026-12-31"),
        ({"channel": "email", "since": "2026-02-01", "until": "2026-01-01"}, "Até: deve ser depois do início"),
    ],
    ids=["S4-02-unofficial", "no-day", "ends-before"],
)
async def test_a_rule_that_makes_no_sense_is_refused_with_what_was_typed(
    root: Admin, fields: dict[str, str], said: str
) -> None:
    answer = await root.send(await organization_path(rest="/overrides"), **fields, may_open="on")

    assert answer.status == 422 and said in answer.text
    assert 'name="may_open" checked' in answer.html
    assert (await Organization.get(name="Org A")).overrides == ""


async def test_its_people_have_the_forms_their_own_administrator_has(root: Admin) -> None:
    people = await organization_path("Org B", "/people")
    done = await root.send(people, email="chefe@org-b.example", name="Chefe", role="admin", organization="Org A")

    chief = await Person.get(email="chefe@org-b.example").select_related("organization")
    assert (chief.organization.name, chief.administers) == ("Org B", True)
    assert done.location == f"{people}/{chief.id}?said=added"
    for email, act in (("chefe@org-b.example", "authorise"), (CARLA, "block")):
        assert (await root.send(await person_path(email, f"/rights/{act}"))).status == 303
    assert (await Person.get(email=CARLA)).blocked and (await Person.get(id=chief.id)).may_speak
    shown = await root.get(await person_path(CARLA))
    assert f'href="{people}"' in shown.html and f'action="{await person_path(CARLA)}/rights/unblock"' in shown.html
    assert "você" not in shown.text.lower()
    assert (await root.send(await person_path(ADM, "/rights/block"))).status == 409


async def test_a_person_of_another_organization_is_not_found_below_this_one(root: Admin) -> None:
    bruno = await Person.get(email=BRUNO)
    wrong = await organization_path("Org B", f"/people/{bruno.id}")

    assert (await root.get(wrong)).status == 404
    for rest in ("/rights/authorise", "/scopes", "/name", "/merge", "/invitation", "/telegram-code"):
        assert (await root.send(f"{wrong}{rest}", into=CARLA)).status == 404
    for path in ("/admin/organizations/0", "/admin/organizations/99999999999", "/admin/organizations/x/people"):
        assert (await root.get(path)).status == 404


async def test_two_who_are_one_are_merged_and_parted_again(root: Admin) -> None:
    done = await root.send(await person_path(BRUNO, "/merge"), into=ANA)
    bruno, ana = await Person.get(email=BRUNO), await Person.get(email=ANA)

    assert (done.status, done.location) == (303, (await person_path(ANA)) + "?said=merged")
    assert bruno.merged_into_id == ana.id
    organization = await organization_path()
    shown = await root.get(organization)
    undo = shown.html.partition(f'action="{organization}/merges/')[2].partition('"')[0]
    assert BRUNO in shown.text and undo.endswith("/undo")

    foreign = await organization_path("Org B", f"/merges/{undo}")
    assert (await root.send(foreign)).status == 404
    parted = await root.send(f"{organization}/merges/{undo}")
    assert parted.status == 303 and (await Person.get(email=BRUNO)).merged_into_id is None
    again = await root.send(f"{organization}/merges/{undo}")
    assert again.status == 422 and "já foi desfeita" in again.text


@pytest.mark.parametrize(
    ("into", "said"), [(CARLA, "usuário nesta organização"), (BRUNO, "ninguém pode ser unido a si mesmo"), ("x@y.example", "")]
)
async def test_who_cannot_be_one_stays_two_and_the_address_stays_typed(root: Admin, into: str, said: str) -> None:
    answer = await root.send(await person_path(BRUNO, "/merge"), into=into)

    assert answer.status == 422 and said in answer.text and f'value="{into}"' in answer.html
    assert (await Person.get(email=BRUNO)).merged_into_id is None


async def test_W06_hostile_names_are_shown_as_text(root: Admin) -> None:
    await Organization.filter(name="Org A").update(name=HOSTILE)
    for path in ("/admin/organizations", await organization_path(HOSTILE), await organization_path(HOSTILE, "/people")):
        shown = await root.get(path)
        assert "<img src=x" not in shown.html and HOSTILE in shown.text and "49" not in shown.text.split()

    search = await root.get("/admin/organizations?q=%22%3E%3Cscript%3E1%3C/script%3E")
    assert "<script>" not in search.html
    answer = await root.send("/admin/organizations", **dict.fromkeys(FACTS, HOSTILE), document=HOSTILE, board_mailbox=HOSTILE)
    assert answer.status == 422 and "<img src=x" not in answer.html
    answer = await root.send(await organization_path(HOSTILE, "/overrides"), channel=HOSTILE, since=HOSTILE, until=HOSTILE)
    assert answer.status == 422 and "<img src=x" not in answer.html


async def test_W18_no_cache_keeps_the_pages_and_no_name_stands_in_an_address(root: Admin, house: House) -> None:
    for path in ("/admin/", "/admin/organizations", await organization_path(), await person_path(ANA)):
        async with house.http.get(path) as answer:
            assert answer.headers["Cache-Control"] == "no-store"
            assert "unsafe" not in answer.headers["Content-Security-Policy"]
            html = await answer.text()
            assert "ana%40" not in html and f"/{ANA}" not in html


async def test_the_pages_speak_english_too(root: Admin) -> None:
    root.language = "en"
    shown = await root.get(await organization_path())

    assert "Mail domains" in shown.text and "Domínios" not in shown.text
    refused = await root.send("/admin/organizations", name="Org A")
    assert "Name: an organization of this name exists" in refused.text
