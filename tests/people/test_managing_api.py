"""Organizations and their people through the API: who may do what, and what the answers say."""

import pytest

from core.audit import AuditRow
from core.deliveries import Delivery
from core.people import agents, persons
from core.people.actor import SYSTEM
from core.people.agents import NewAgent
from core.people.persons import NewPerson
from core.people.tables import Organization, Person
from tests.people.cast import NOW, PROFILE

ANA, ADM, BRUNO, CARLA = "ana@org-a.example", "adm@org-a.example", "bruno@org-a.example", "carla@org-b.example"
ORGANIZATIONS = "/api/v1/organizations"


@pytest.fixture
async def desk(house):
    """The house with an administrator of Org B, and a key user of Org B who administers nothing."""
    await persons.add(NewPerson("chefe@org-b.example", "Org B", role="admin"), PROFILE, SYSTEM, NOW)
    return house


async def headers_of(house, who):
    if who is None:
        return {}
    return await (house.customer(who) if "@" in who else house.agent(who))


async def ids():
    organizations = {each.name: each.id for each in await Organization.all()}
    people = {each.email: each.id for each in await Person.all()}
    return organizations, people


async def path_of(what):
    """`org`, `users`, `user` of Org A, as a path."""
    organizations, people = await ids()
    own = f"{ORGANIZATIONS}/{organizations['Org A']}"
    bruno = f"{own}/users/{people[BRUNO]}"
    return {
        "organizations": ORGANIZATIONS, "organization": own, "users": f"{own}/users", "user": bruno,
        "identities": f"{bruno}/identities", "identity": f"{bruno}/identities/999999",
        "merge": f"{bruno}/merge", "merges": f"{own}/merges", "undo": f"{own}/merges/999999/undo",
    }[what]  # fmt: skip


# root is the desk's admin, adm Org A's own, chefe Org B's; ana may speak, bruno reads.
CALLERS = ("root", ADM, "chefe@org-b.example", ANA, BRUNO, "clara", "lia", "dora", None)
MATRIX = {
    ("GET", "organizations"): (200, 200, 200, 403, 403, 403, 403, 403, 401),
    ("POST", "organizations"): (201, 403, 403, 403, 403, 403, 403, 403, 401),
    ("GET", "organization"): (200, 200, 404, 403, 403, 403, 403, 403, 401),
    ("PATCH", "organization"): (200, 403, 404, 403, 403, 403, 403, 403, 401),
    ("GET", "users"): (200, 200, 404, 403, 403, 403, 403, 403, 401),
    ("POST", "users"): (201, 201, 404, 403, 403, 403, 403, 403, 401),
    ("GET", "user"): (200, 200, 404, 403, 403, 403, 403, 403, 401),
    ("PATCH", "user"): (200, 200, 404, 403, 403, 403, 403, 403, 401),
    ("GET", "identities"): (200, 200, 404, 403, 403, 403, 403, 403, 401),
    ("POST", "identities"): (201, 201, 404, 403, 403, 403, 403, 403, 401),
    ("DELETE", "identity"): (404, 404, 404, 403, 403, 403, 403, 403, 401),
    ("POST", "merge"): (422, 422, 404, 403, 403, 403, 403, 403, 401),
    ("GET", "merges"): (200, 200, 404, 403, 403, 403, 403, 403, 401),
    ("POST", "undo"): (404, 404, 404, 403, 403, 403, 403, 403, 401),
}
BODIES = {
    ("POST", "organizations"): {"name": "Org N"},
    ("PATCH", "organization"): {"key_user_quota": 9},
    ("PATCH", "user"): {"may_speak": True},
    ("POST", "merge"): {"into": 999999},
}


def body_of(method, what, number):
    """What is sent; no two callers send the same address or telephone."""
    if (method, what) == ("POST", "users"):
        return {"email": f"novo{number}@org-a.example"}
    if (method, what) == ("POST", "identities"):
        return {"kind": "phone", "value": f"21 99876-543{number}"}
    return BODIES.get((method, what))


CODES = {401: "unauthenticated", 403: "not_authorized", 404: "not_found"}


@pytest.mark.parametrize(("method", "what"), MATRIX, ids=[" ".join(key) for key in MATRIX])
async def test_W10_who_may_do_what(desk, method, what):
    path, answers = await path_of(what), {}

    # Those who may not come first: they must not have changed what the others find.
    for number, who in enumerate(reversed(CALLERS)):
        body = body_of(method, what, number)
        async with desk.http.request(method, path, json=body, headers=await headers_of(desk, who)) as answer:
            answers[who] = answer.status
            if answer.status in CODES:
                assert (await answer.json())["code"] == CODES[answer.status]

    assert answers == dict(zip(CALLERS, MATRIX[method, what], strict=True))


@pytest.mark.parametrize("path", ["0", "999999", "99999999999999999999", "x", "1x", "%00", "-1", "\u0661"])
async def test_T22_an_organization_that_is_not_there_is_404_for_those_who_manage_and_403_for_others(desk, path):
    for who, status in (("root", 404), (ADM, 404), ("clara", 403), (ANA, 403), (None, 401)):
        async with desk.http.get(f"{ORGANIZATIONS}/{path}/users", headers=await headers_of(desk, who)) as answer:
            assert (who, answer.status) == (who, status)


async def test_T22_a_person_of_another_organization_is_not_found_under_ones_own(desk):
    organizations, people = await ids()
    path = f"{ORGANIZATIONS}/{organizations['Org A']}/users/{people[CARLA]}"

    for who in ("root", ADM):
        for method, body in (("GET", None), ("PATCH", {"blocked": True})):
            async with desk.http.request(method, path, json=body, headers=await headers_of(desk, who)) as answer:
                assert answer.status == 404
    assert not (await Person.get(email=CARLA)).blocked


async def test_an_organizations_administrator_sees_his_own_and_no_other(desk):
    async with desk.http.get(ORGANIZATIONS, headers=await desk.customer(ADM)) as answer:
        body = await answer.json()

    assert [each["name"] for each in body["items"]] == ["Org A"]
    assert body["next"] is None


async def test_the_desks_admin_adds_an_organization(house):
    new = {
        "name": "Org C", "domains": ["Org-C.example"], "document": "12.abc.345/01de-35", "key_user_quota": 3,
        "board_mailbox": "Diretoria@org-c.example",
        "overrides": [{"channel": "phone", "may": ["open", "complement"], "since": "2026-12-01"}],
    }  # fmt: skip
    async with house.http.post(ORGANIZATIONS, json=new, headers=await house.agent("root")) as answer:
        assert answer.status == 201
        row, location = await answer.json(), answer.headers["Location"]

    assert row == {
        "id": row["id"], "name": "Org C", "domains": ["org-c.example"], "document": "12ABC34501DE35",
        "key_user_quota": 3, "key_users": 0, "board_mailbox": "diretoria@org-c.example",
        "overrides": [
            {"channel": "phone", "may": ["open", "complement"], "since": "2026-12-01", "until": None},
        ],
    }  # fmt: skip
    async with house.http.get(location, headers=await house.agent("root")) as answer:
        assert await answer.json() == row


WRONG_ORGANIZATIONS = [
    ({}, "name"),
    ({"name": "Org A"}, "name"),
    ({"name": "Org C", "document": "12.345.678/0001-00"}, "document"),
    ({"name": "Org C", "domains": ["org-a.example"]}, "domains"),
    ({"name": "Org C", "domains": "org-c.example"}, "domains"),
    ({"name": "Org C", "key_user_quota": -1}, "key_user_quota"),
    ({"name": "Org C", "key_user_quota": "2"}, "key_user_quota"),
    ({"name": "Org C", "key_user_quota": True}, "key_user_quota"),
    ({"name": "Org C", "board_mailbox": "administradores@instituicoes.example"}, "board_mailbox"),
    ({"name": "Org C", "overrides": [{"channel": "telegram", "may": ["open"]}]}, "overrides.0.channel"),
    ({"name": "Org C", "overrides": [{"channel": "whatsapp", "may": ["open"]}]}, "overrides.0.channel"),
    ({"name": "Org C", "overrides": [{"channel": "pigeon", "may": ["open"]}]}, "overrides.0.channel"),
    ({"name": "Org C", "overrides": [{"channel": "phone", "may": ["shout"]}]}, "overrides.0.may.0"),
    ({"name": "Org C", "overrides": [{"channel": "phone", "since": "yesterday"}]}, "overrides.0.since"),
    (
        {"name": "Org C", "overrides": [{"channel": "phone", "since": "2026-12-02", "until": "2026-12-01"}]},
        "overrides.0.until",
    ),
    ({"name": "Org C", "overrides": [{"channel": "phone", "since": 0}]}, "overrides.0.since"),
    ({"name": "Org C", "overrides": [{"channel": "phone"}] * 101}, "overrides"),
    ({"name": "Org C", "domains": [f"d{number}.example" for number in range(1001)]}, "domains"),
    ({"name": "Org C", "id": 1}, "id"),
    ({"name": "Org C", "key_users": 1}, "key_users"),
]


async def test_W11_what_an_organization_cannot_be_is_422_by_its_own_path(house):
    for body, field in WRONG_ORGANIZATIONS:
        async with house.http.post(ORGANIZATIONS, json=body, headers=await house.agent("root")) as answer:
            errors = (await answer.json()).get("errors", {})
        assert (body, answer.status, list(errors)) == (body, 422, [field])
    assert await Organization.all().count() == 2


async def test_what_is_named_of_an_organization_changes_and_the_rest_stays(house):
    path = await path_of("organization")
    headers = await house.agent("root")

    async with house.http.patch(path, json={"domains": ["a2.example"], "document": "52998224725"}, headers=headers) as answer:
        first = await answer.json()
    async with house.http.patch(path, json={"document": None, "key_user_quota": 7, "name": "Org A!"}, headers=headers) as answer:
        second = await answer.json()

    assert first["name"] == "Org A"
    assert (first["domains"], first["document"]) == (["a2.example"], "52998224725")
    assert first["board_mailbox"] == "diretoria@org-a.example"
    assert second == {**first, "name": "Org A!", "document": None, "key_user_quota": 7}
    rows = await AuditRow.filter(action="organization_changed").order_by("at")
    assert [row.detail for row in rows] == ["domains document", "name document key_user_quota"]
    assert (rows[1].before, rows[1].after) == (
        "key_user_quota=profile overrides=none", "key_user_quota=7 overrides=none",
    )  # fmt: skip
    assert all("52998224725" not in str(dict(row)) for row in rows)


async def test_the_audit_tells_an_organizations_own_rule_with_its_days(house):
    path, headers = await path_of("organization"), await house.agent("root")
    for since in ("2026-12-01", "2026-12-02"):
        rule = {"channel": "phone", "may": ["open"], "since": since}
        async with house.http.patch(path, json={"overrides": [rule]}, headers=headers) as answer:
            assert answer.status == 200

    row = await AuditRow.filter(action="organization_changed").order_by("-at").first()
    assert (row.before, row.after) == (
        "key_user_quota=profile overrides=phone:open(2026-12-01..)",
        "key_user_quota=profile overrides=phone:open(2026-12-02..)",
    )


async def test_an_administrator_adds_a_reader_and_a_key_user_until_the_quota(house):
    path = await path_of("users")
    headers = await house.customer(ADM)

    async with house.http.post(path, json={"email": "Eva@org-a.example", "name": "Eva"}, headers=headers) as answer:
        assert answer.status == 201
        row, location = await answer.json(), answer.headers["Location"]
    assert row == {
        "id": row["id"], "email": "eva@org-a.example", "name": "Eva", "role": "reader", "may_speak": False,
        "blocked": False, "administers": False, "scopes": [], "version": 1,
        "identities": [{"id": row["identities"][0]["id"], "kind": "email", "value": "eva@org-a.example"}],
    }  # fmt: skip
    async with house.http.get(location, headers=headers) as answer:
        assert await answer.json() == row
    second = {"email": "gil@org-a.example", "role": "key_user", "may_speak": True, "scopes": ["approve_quotes"]}
    async with house.http.post(path, json=second, headers=headers) as answer:
        assert answer.status == 201
        assert (await answer.json())["scopes"] == ["approve_quotes"]
    async with house.http.post(path, json={"email": "hugo@org-a.example", "role": "key_user"}, headers=headers) as answer:
        assert (answer.status, (await answer.json())["code"]) == (409, "key_user_quota")
    assert not await Person.exists(email="hugo@org-a.example")


WRONG_PEOPLE = [
    ({}, "email"),
    ({"email": "x"}, "email"),
    ({"email": CARLA}, "email"),
    ({"email": "novo@org-b.example"}, "email"),
    ({"email": "novo@org-a.example", "phone": "1"}, "phone"),
    ({"email": "novo@org-a.example", "name": "Eva\nBcc"}, "name"),
    ({"email": "novo@org-a.example", "role": "root"}, "role"),
    ({"email": "novo@org-a.example", "role": 1}, "role"),
    ({"email": "novo@org-a.example", "may_speak": "yes"}, "may_speak"),
    ({"email": "novo@org-a.example", "role": "reader", "may_speak": True}, "may_speak"),
    ({"email": "novo@org-a.example", "role": "reader", "administers": True}, "administers"),
    ({"email": "novo@org-a.example", "scopes": ["high_impact"]}, "scopes"),
    ({"email": "novo@org-a.example", "organization": "Org B"}, "organization"),
    ({"email": "novo@org-a.example", "organization_id": 2}, "organization_id"),
    ({"email": "novo@org-a.example", "blocked": False}, "blocked"),
    ({"email": "novo@org-a.example", "password_hash": "x"}, "password_hash"),
    ({"email": "novo@org-a.example", "version": 9}, "version"),
]


async def test_W11_what_a_person_cannot_be_is_422_by_its_own_path(desk):
    path = await path_of("users")
    for body, field in WRONG_PEOPLE:
        async with desk.http.post(path, json=body, headers=await desk.customer(ADM)) as answer:
            errors = (await answer.json()).get("errors", {})
        assert (body, answer.status, list(errors)) == (body, 422, [field])
    assert await Person.all().count() == 5


async def test_rights_are_given_and_taken_and_the_version_says_so(house):
    path = await path_of("user")
    headers = await house.customer(ADM)

    async with house.http.patch(path, json={"may_speak": True, "version": 1}, headers=headers) as answer:
        authorized = await answer.json()
    async with house.http.patch(path, json={"may_speak": False, "version": 1}, headers=headers) as answer:
        assert (answer.status, (await answer.json())["code"]) == (409, "stale_version")
    async with house.http.patch(path, json={"scopes": [], "version": 2}, headers=headers) as answer:
        narrowed = await answer.json()
    async with house.http.patch(path, json={"role": "admin", "name": "Bruno B."}, headers=headers) as answer:
        admin = await answer.json()

    assert (authorized["role"], authorized["may_speak"], authorized["version"]) == ("key_user", True, 2)
    assert (narrowed["scopes"], narrowed["version"]) == ([], 3)
    assert (admin["role"], admin["administers"], admin["may_speak"], admin["name"]) == ("admin", True, False, "Bruno B.")
    row = await AuditRow.get(action="user_authorized")
    assert row.actor == f"person:{(await Person.get(email=ADM)).id}"


async def test_a_new_person_is_invited_by_letter_where_that_is_asked_for(house):
    path, headers = await path_of("users"), await house.customer(ADM)

    for email, invite in (("eva@org-a.example", True), ("gil@org-a.example", False)):
        async with house.http.post(path, json={"email": email, "invite": invite}, headers=headers) as answer:
            assert answer.status == 201
            row = await answer.json()
        letters = Delivery.filter(kind="invitation", recipient_kind="person", recipient_id=row["id"])
        assert await letters.count() == (1 if invite else 0)


@pytest.mark.parametrize(
    "body", [{"role": "reader"}, {"administers": False}, {"blocked": True}, {"role": "key_user"}], ids=str
)
async def test_S4_16_the_last_administrator_cannot_be_taken_by_the_desk_or_himself(house, body):
    organizations, people = await ids()
    path = f"{ORGANIZATIONS}/{organizations['Org A']}/users/{people[ADM]}"

    for headers in (await house.agent("root"), await house.customer(ADM)):
        async with house.http.patch(path, json=body, headers=headers) as answer:
            assert (answer.status, (await answer.json())["code"]) == (409, "last_administrator")
    assert (await Person.get(email=ADM)).administers


async def test_W06_a_blocked_persons_token_opens_nothing_from_then_on(house):
    organizations, people = await ids()
    path = f"{ORGANIZATIONS}/{organizations['Org A']}/users/{people[ANA]}"
    ana = await house.customer(ANA)

    async with house.http.patch(path, json={"blocked": True}, headers=await house.customer(ADM)) as answer:
        assert (await answer.json())["blocked"]

    async with house.http.get("/api/v1/tickets", headers=ana) as answer:
        assert answer.status == 401


async def test_an_address_is_added_and_taken_and_the_main_one_stays(house):
    path, headers = await path_of("identities"), await house.customer(ADM)

    async with house.http.post(path, json={"kind": "email", "value": "B2@org-a.example"}, headers=headers) as answer:
        assert answer.status == 201
        row, location = await answer.json(), answer.headers["Location"]
    assert row == {"id": row["id"], "kind": "email", "value": "b2@org-a.example"}
    async with house.http.get(path, headers=headers) as answer:
        listed = (await answer.json())["items"]
    assert [each["value"] for each in listed] == [BRUNO, "b2@org-a.example"]
    async with house.http.delete(location, headers=headers) as answer:
        assert answer.status == 204
    async with house.http.delete(f"{path}/{listed[0]['id']}", headers=headers) as answer:
        assert answer.status == 422
    async with house.http.post(path, json={"kind": "email", "value": "x@org-b.example"}, headers=headers) as answer:
        assert answer.status == 422


async def test_lists_come_in_pages_whose_cursors_hold_no_address(house):
    for number in range(5):
        await persons.add(NewPerson(f"p{number}@org-a.example", "Org A"), PROFILE, SYSTEM, NOW)
    path, headers = await path_of("users"), await house.customer(ADM)

    seen, cursor = [], "0"
    while cursor:
        assert cursor.isdigit()
        async with house.http.get(path, params={"limit": "3", "cursor": cursor}, headers=headers) as answer:
            body = await answer.json()
        assert len(body["items"]) <= 3
        seen += [each["email"] for each in body["items"]]
        cursor = body["next"]

    assert seen == [each.email for each in await Person.filter(organization__name="Org A").order_by("id")]
    for wrong in ({"limit": "0"}, {"limit": "201"}, {"cursor": "x"}, {"cursor": "9" * 12}, {"order": "name"}):
        async with house.http.get(path, params=wrong, headers=headers) as answer:
            assert (answer.status, list((await answer.json())["errors"])) == (422, list(wrong))


async def test_an_agent_of_the_role_admin_and_no_other_is_the_desks_admin(house):
    await agents.add(NewAgent("rui@instituicoes.example", "", "Rui", "direction"), PROFILE, SYSTEM, NOW)

    async with house.http.get(ORGANIZATIONS, headers=await house.agent("rui")) as answer:
        assert answer.status == 403
