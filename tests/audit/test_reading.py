"""The audit as the desk's admin reads it, by API and page; nobody else does."""

import re

import pytest

from core import clock, verifying_audit
from core.audit import AuditRow, record
from core.people.tables import Agent, Person
from core.sealing_audit import seal
from core.texts import catalogue
from core.verifying_audit import ROW_CHANGED
from tests.audit.moments import NOW
from tests.counter.conftest import _cheap_hashes, house  # noqa: F401 - fixtures
from tests.harness.house import House


@pytest.fixture
async def read(house: House):  # noqa: F811
    async def get(query: str = "", who: str = "root", path: str = "/api/v1/audit"):
        async with house.http.get(f"{path}{query}", headers=await house.agent(who)) as answer:
            return answer.status, await answer.json()

    return get


@pytest.fixture
async def acts(house: House) -> tuple[int, int]:  # noqa: F811
    """The ids of Root and Ana, and three rows about them among those of the cast."""
    root, ana = await Agent.get(email="root@instituicoes.example"), await Person.get(email="ana@org-a.example")
    await record(f"agent:{root.id}", "role_changed", f"person:{ana.id}", NOW, before="role=reader", after="role=admin")
    await record(f"agent:{root.id}", "tested", "", NOW)
    await record(f"person:{ana.id}", "tested", "organization:1", NOW)
    return root.id, ana.id


async def test_a_row_tells_ids_and_the_names_they_have_now(read, acts) -> None:
    root, ana = acts
    await Person.filter(id=ana).update(name="Ana Nova")

    status, body = await read(f"?object=person:{ana}&action=role_changed")

    assert status == 200
    assert body["items"] == [
        {
            "id": body["items"][0]["id"], "seq": None, "at": "2026-11-22T12:00:00+00:00", "actor": f"agent:{root}",
            "actor_name": (await Agent.get(id=root)).name, "action": "role_changed", "object": f"person:{ana}", "object_name": "Ana Nova",
            "detail": "", "before": "role=reader", "after": "role=admin",
        }
    ]  # fmt: skip
    assert body["next"] is None


@pytest.mark.parametrize(
    ("query", "actions"),
    [
        ("actor=agent:{root}&from=2026-11-22&to=2026-11-22", ["tested", "role_changed"]),
        ("actor=person:{ana}&action=tested", ["tested"]),
        ("object=organization:1&action=tested", ["tested"]),
        ("action=nothing", []),
        ("from=2026-11-22T12:00:00Z&to=2026-11-22T12:00:00Z", ["tested", "tested", "role_changed"]),
        ("actor=agent:{root}&to=2026-11-21", []),
    ],
)
async def test_rows_are_filtered(read, acts, query, actions) -> None:
    _, body = await read("?" + query.format(root=acts[0], ana=acts[1]))

    assert [row["action"] for row in body["items"]] == actions


async def test_rows_come_page_by_page_newest_first_each_once(read, acts) -> None:
    seen, cursor = [], ""
    while cursor is not None:
        _, body = await read(f"?limit=2&cursor={cursor}")
        assert len(body["items"]) <= 2
        seen += [row["id"] for row in body["items"]]
        cursor = body["next"]

    # The token that reads was issued on the way, and is a row, too.
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == await AuditRow.all().count()


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "cursor=x", "from=x", "to=x", "q=x", "actor=%00", f"action={'x' * 65}"])
async def test_W13_what_makes_no_sense_is_named(read, query) -> None:
    status, body = await read(f"?{query}")

    assert (status, list(body["errors"])) == (422, [query.partition("=")[0]])


@pytest.mark.parametrize("path", ["/api/v1/audit", "/api/v1/audit/chain"])
@pytest.mark.parametrize("who", ["clara", "lia", "dora"])
async def test_other_agents_read_no_audit(read, path, who) -> None:
    assert (await read(who=who, path=path))[0] == 403


@pytest.mark.parametrize("path", ["/api/v1/audit", "/api/v1/audit/chain"])
async def test_customers_and_strangers_read_no_audit(house: House, path) -> None:  # noqa: F811
    for email in ("ana@org-a.example", "adm@org-a.example"):
        async with house.http.get(path, headers=await house.customer(email)) as answer:
            assert answer.status == 403
    async with house.http.get(path) as answer:
        assert answer.status == 401


async def test_the_chain_tells_where_it_ends_what_waits_and_what_is_wrong(house: House, read, acts, tampered) -> None:  # noqa: F811
    await read()
    await seal(house.office.signing, clock.now())
    count = await AuditRow.all().count()

    _, whole = await read(path="/api/v1/audit/chain")
    assert (whole["seq"], whole["waiting"], whole["flaws"]) == (count, 0, [])

    await AuditRow.filter(seq=2).update(action="nothing")
    _, broken = await read(path="/api/v1/audit/chain")
    assert broken["flaws"] == ["row 2 is not as it was sealed"]


async def sign_in(house: House, name: str) -> None:  # noqa: F811
    async with house.http.get("/login") as answer:
        token = re.search(r'name="csrf_token" value="([^"]+)"', await answer.text()).group(1)
    fields = {"email": f"{name}@instituicoes.example", "password": f"demo-{name}", "csrf_token": token}
    async with house.http.post("/login", data=fields, allow_redirects=False) as answer:
        assert answer.status == 303


async def page_text(house: House, query: str = "", language: str = "pt-BR") -> tuple[int, str]:  # noqa: F811
    async with house.http.get(f"/admin/audit{query}", headers={"Accept-Language": language}) as answer:
        return answer.status, await answer.text()


async def test_the_page_shows_rows_with_names_and_that_the_chain_is_whole(house: House, acts) -> None:  # noqa: F811
    await seal(house.office.signing, clock.now())
    await sign_in(house, "root")

    status, text = await page_text(house, f"?object=person:{acts[1]}")

    assert status == 200
    assert "role=reader → role=admin" in text
    for name in ((await Person.get(id=acts[1])).name, (await Agent.get(id=acts[0])).name):
        assert f">{name}</a>" in text
    assert "As linhas seladas mais recentes estão como foram seladas." in text
    assert "Cada linha selada está como foi selada." in (await page_text(house, "?verify=all"))[1]


async def test_the_page_says_when_somebody_meddled(house: House, acts, tampered) -> None:  # noqa: F811
    await sign_in(house, "root")
    await seal(house.office.signing, clock.now())
    await AuditRow.filter(seq=2).update(action="nothing")

    assert "a linha 2 não está como foi selada" in (await page_text(house))[1]
    assert "row 2 is not as it was sealed" in (await page_text(house, language="en"))[1]


async def test_nonsense_in_the_address_shows_the_first_page_and_says_so(house: House, acts) -> None:  # noqa: F811
    await sign_in(house, "root")

    status, text = await page_text(house, "?from=x")

    assert status == 422 and "role=admin" in text


async def test_the_page_is_for_the_desks_admin_alone(house: House) -> None:  # noqa: F811
    async with house.http.get("/admin/audit", allow_redirects=False) as answer:
        assert answer.status == 303 and answer.headers["Location"].startswith("/login")
    await sign_in(house, "lia")
    assert (await page_text(house))[0] == 403


def test_every_flaw_is_told_in_portuguese_too() -> None:
    texts = [text for name, text in vars(verifying_audit).items() if name.isupper() and isinstance(text, str)]
    known = catalogue("pt-BR")._catalog

    assert ROW_CHANGED in texts
    assert [text for text in texts if text not in known and " " in text and "{" in text] == []
    assert len(texts) >= 8
