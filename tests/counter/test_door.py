"""The door: signing in and out, and forms that nobody else can send in one's name."""

import re
import shutil
from pathlib import Path

import aiohttp
import pytest

from core import clock
from core.people import sign_in_links
from core.people.tables import Agent, Session
from core.tickets.tables import Entry
from tests.harness.house import House
from webhooks.console.local_paths import local_path

FORM = {"email": "clara@instituicoes.example", "password": "demo-clara"}


@pytest.fixture
def migrated_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """One database is enough: pages do not differ by it."""
    return f"sqlite://{shutil.copy(migrated_sqlite, tmp_path / 'guiche.sqlite3')}"


async def _token(house: House, path: str) -> str:
    page = await (await house.http.get(path)).text()
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found, page
    return found[1]


async def _sign_in(house: House, **fields: str) -> aiohttp.ClientResponse:
    form = {**FORM, "csrf_token": await _token(house, "/login"), **fields}
    return await house.http.post("/login", data=form, allow_redirects=False)


async def test_the_right_password_leads_to_the_console(house: House) -> None:
    answer = await _sign_in(house, next="/console/?view=all")
    page = await house.http.get("/console/")

    assert (answer.status, answer.headers["Location"]) == (303, "/console/?view=all")
    cookie = answer.cookies["guiche"]
    assert cookie["httponly"] and cookie["samesite"] == "Lax"
    assert "Clara Campos" in await page.text()


@pytest.mark.parametrize("fields", [{"password": "errada"}, {"email": "ninguem@instituicoes.example"}])
async def test_wrong_address_and_wrong_password_read_the_same(house: House, fields: dict[str, str]) -> None:
    answer = await _sign_in(house, **fields)

    assert answer.status == 401
    assert "E-mail ou senha incorretos." in await answer.text()
    assert "guiche" not in answer.cookies
    assert await Session.all().count() == 0


async def test_a_login_form_of_somebody_else_is_refused(house: House) -> None:
    await house.http.get("/login")
    for token in ("", "invented", "ação"):
        answer = await house.http.post("/login", data={**FORM, "csrf_token": token})
        assert answer.status == 403
    assert await Session.all().count() == 0


async def test_a_login_form_without_its_cookie_is_refused(house: House) -> None:
    token = await _token(house, "/login")
    house.http.cookie_jar.clear()
    answer = await house.http.post("/login", data={**FORM, "csrf_token": token})

    assert answer.status == 403


async def test_a_login_from_another_site_is_refused(house: House) -> None:
    token = await _token(house, "/login")
    answer = await house.http.post(
        "/login", data={**FORM, "csrf_token": token}, headers={"Origin": "https://evil.example"}
    )

    assert answer.status == 403


async def test_signing_out_ends_the_session_on_the_server(house: House) -> None:
    await _sign_in(house)
    token = await _token(house, "/console/")
    stolen = {each.key: each.value for each in house.http.cookie_jar}

    answer = await house.http.post("/logout", data={"csrf_token": token}, allow_redirects=False)
    again = await house.http.get("/console/", cookies=stolen, allow_redirects=False)

    assert (answer.status, answer.headers["Location"]) == (303, "/login")
    assert (again.status, again.headers["Location"]) == (303, "/login?next=%2Fconsole%2F")


@pytest.mark.parametrize("act", ["entries", "close", "reopen"])
async def test_a_form_without_its_token_does_nothing(house: House, act: str) -> None:
    ticket = await house.file()
    await _sign_in(house)
    form = aiohttp.FormData({"text": "x", "resolution": "x"}, default_to_multipart=act == "entries")

    answer = await house.http.post(f"/console/tickets/{ticket.protocol}/{act}", data=form)

    assert answer.status == 403
    assert await Entry.filter(author_role="agent").count() == 0


async def test_signing_out_takes_the_token_too(house: House) -> None:
    await _sign_in(house)

    assert (await house.http.post("/logout", data={})).status == 403
    assert (await house.http.get("/console/", allow_redirects=False)).status == 200


async def test_a_session_at_the_api_shows_its_token_in_a_header(house: House) -> None:
    ticket = await house.file()
    await _sign_in(house)
    token = await _token(house, "/console/")
    path = f"/api/v1/tickets/{ticket.protocol}/entries"

    without = await house.http.post(path, json={"text": "x"})
    with_it = await house.http.post(path, json={"text": "x"}, headers={"X-CSRF-Token": token})

    assert (without.status, with_it.status) == (403, 201)


async def test_a_customer_finds_no_console(house: House) -> None:
    await _sign_in(house, email="ana@org-a.example", password="demo-ana")

    assert (await house.http.get("/console/")).status == 403
    assert "Ana Alves" in await (await house.http.get("/")).text()


async def test_a_one_time_link_opens_a_page_and_lets_in_once(house: House) -> None:
    agent = await Agent.get(email="root@instituicoes.example")
    path = f"/login/{await sign_in_links.issue(agent, clock.now())}"

    # A mail scanner that follows the link uses nothing up.
    token = await _token(house, path)
    first = await house.http.post(path, data={"csrf_token": token}, allow_redirects=False)
    assert (first.status, first.headers["Location"]) == (303, "/console/")

    house.http.cookie_jar.clear()
    second = await house.http.get(path)
    assert second.status == 410


NEXT = [
    ("/console/?view=all", "/console/?view=all"),
    ("//evil.example", "/console/"),
    ("/\\evil.example", "/console/"),
    ("/\t/evil.example", "/console/"),
    ("https://evil.example/", "/console/"),
    ("javascript:alert(1)", "/console/"),
    ("console", "/console/"),
    ("", "/console/"),
]


@pytest.mark.parametrize(("asked", "given"), NEXT)
def test_redirects_stay_in_the_house(asked: str, given: str) -> None:
    assert local_path(asked) == given


@pytest.mark.parametrize("path", ["/", "/login", "/console/", "/dev/outbox", "/static/guiche.css", "/nothing"])
async def test_every_page_says_how_it_may_be_used(house: House, path: str) -> None:
    answer = await house.http.get(path, allow_redirects=False)
    policy = answer.headers["Content-Security-Policy"]

    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Server"] == "guiche"


@pytest.mark.parametrize("path", ["/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py", "/static/"])
async def test_static_files_end_at_their_folder(house: House, path: str) -> None:
    from yarl import URL

    answer = await house.http.get(URL(house.url + path, encoded=True))

    assert answer.status in (403, 404)
    assert "aiohttp" not in await answer.text()


@pytest.mark.parametrize(("act", "field"), [("close", "resolution"), ("entries", "text")])
async def test_S22_a_nul_is_no_text_of_a_form(house: House, act: str, field: str) -> None:
    ticket = await house.file()
    await _sign_in(house)
    path = f"/console/tickets/{ticket.protocol}"
    form = aiohttp.FormData(default_to_multipart=act == "entries")
    form.add_field("csrf_token", await _token(house, path))
    form.add_field(field, "\x00")

    answer = await house.http.post(f"{path}/{act}", data=form, allow_redirects=False)

    assert answer.status == 422
    assert await Entry.all().count() == 1
