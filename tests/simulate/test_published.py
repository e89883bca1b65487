"""`/policy`: what the rules ask is what everybody can read, in both languages and for programs."""

import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core.people.tables import Organization, Person
from core.policy.admission import rules_of
from core.policy.published import published
from core.policy.published_rules import SAYS
from core.profile import Profile
from core.profile_loading import SHIPPED, load_profile
from core.texts import LANGUAGES
from core.tickets.office import Office
from tests.counter.conftest import _cheap_hashes, browser
from tests.harness.house import House, open_house
from webhooks.policy import prefers_json

__all__ = ["_cheap_hashes", "browser"]

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DESKS = ["instituicoes", "representantes"]


@pytest.fixture
def migrated_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """One database is enough: pages do not differ by it."""
    return f"sqlite://{shutil.copy(migrated_sqlite, tmp_path / 'guiche.sqlite3')}"


@pytest.fixture
async def house(office: Office, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(office, tmp_path) as opened:
        yield opened


async def get(house: House, path: str = "/policy", **headers: str) -> tuple[Any, str]:
    async with house.http.get(path, headers={each.replace("_", "-"): text for each, text in headers.items()}) as answer:
        assert answer.status == 200
        return answer, await answer.text()


def changed(tmp_path: Path, *changes: tuple[str, str]) -> Profile:
    """The desk `instituicoes` from a file in which some words are others."""
    text = (SHIPPED / "instituicoes.toml").read_text("utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    (tmp_path / "desk.toml").write_text(text, "utf-8")
    return load_profile(str(tmp_path / "desk.toml"))


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("pt-BR", ["Canais de atendimento", "Não são canais de atendimento", "abrir chamado", "Não se abre chamado por telefone",
                   "negociação de produtos e preços, sem dados sensíveis", "Duas pessoas da central", "48 horas"]),
        ("en", ["Official channels", "These are not channels", "open a ticket", "No ticket is opened by telephone",
                "negotiation of products and prices, without sensitive data", "Two people of the desk", "48 hours"]),
    ],
)  # fmt: skip
async def test_S4_04_everybody_reads_the_channels_and_what_is_none(house: House, language: str, words: list[str]) -> None:
    answer, page = await get(house, Accept="text/html", Accept_Language=language)

    assert answer.content_type == "text/html" and f'<html lang="{language}">' in page
    for each in (*words, "WhatsApp", "Instagram", "administradores@instituicoes.example", "/policy.json"):
        assert each in page, each
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert set(answer.headers["Vary"].split(", ")) == {"Accept", "Accept-Language"}
    assert "Set-Cookie" not in answer.headers


async def test_S4_14_every_sector_names_who_answers_for_it_and_what_it_does(house: House) -> None:
    _, page = await get(house)

    for sector in house.office.profile.sectors:
        assert sector.title in page and sector.responsible in page and sector.contact in page and sector.duties in page
    assert house.office.profile.privacy.officer in page


async def test_programs_read_the_same_as_json(house: House) -> None:
    answer, _ = await get(house, Accept="application/json")
    told = await (await house.http.get("/policy.json", headers={"Accept": "text/html"})).json()

    assert answer.content_type == "application/json"
    assert [each["channel"] for each in told["official_channels"]] == ["email", "form", "portal", "phone"]
    assert next(each["may"] for each in told["official_channels"] if each["channel"] == "phone") == ["complement", "inquire"]
    assert {each["channel"]: [(e["sector"], e["purpose"], e["data"]) for e in each["exceptions"]] for each in told["not_channels"]} == {
        "telegram": [], "instagram": [], "whatsapp": [("comercial", "negotiation", "not_sensitive")]
    }
    who = told["who_may_speak"]
    assert (who["quota"], who["agents_may_open"], who["phone_may_open"]) == (2, False, False)
    assert told["change_of_administrator"]["mailbox"] == "administradores@instituicoes.example"
    assert [each["name"] for each in told["rules"] if each["channel"] == "email"] == list(rules_of("email", house.office.profile))


@pytest.mark.parametrize(
    ("accept", "is_json"),
    [
        ("", False), ("*/*", False), ("text/html,application/xhtml+xml,*/*;q=0.8", False), ("application/json", True),
        ("application/json, text/html", False), ("text/html;q=0.5, application/json", True),
        ("application/json;q=0", False), ("application/json;q=x", False), ("application/json;q=0.9, text/*", False),
    ],
)  # fmt: skip
def test_json_is_for_who_prefers_it(accept: str, is_json: bool) -> None:
    assert prefers_json(accept) is is_json


async def test_who_changes_the_profiles_file_changes_the_page_and_the_json(office: Office, tmp_path: Path) -> None:
    profile = changed(
        tmp_path,
        ('telegram = { title = "Telegram" }', 'telegram = { title = "Telegrama", may = ["open"] }'),
        ('instagram = { title = "Instagram" }', 'instagram = { title = "Fotografias" }'),
        ("key_user_quota = 2", "key_user_quota = 7\ncontest_hours = 13"),
        ('exceptions = [{ sector = "comercial"', 'exceptions = [{ sector = "produto"'),
    )
    async with open_house(replace(office, profile=profile), tmp_path) as house:
        _, page = await get(house, Accept_Language="pt-BR")
        told = await (await house.http.get("/policy.json")).json()

    assert "Telegrama" in page and "Fotografias" in page and "código de uso único" in page
    assert "no máximo 7" in page and "13 horas" in page and "Instagram" not in page
    assert "telegram" in [each["channel"] for each in told["official_channels"]]
    assert told["not_channels"][-1]["exceptions"][0]["sector"] == "produto"
    assert (told["who_may_speak"]["quota"], told["change_of_administrator"]["contest_hours"]) == (7, 13)


def test_what_begins_later_is_announced_and_what_is_over_is_not_told(tmp_path: Path) -> None:
    profile = changed(
        tmp_path,
        ('telegram = { title = "Telegram" }',
         'telegram = { title = "Telegram", changes = [{ since = 2026-12-01, may = ["open"] }] }'),
        ('data = "not_sensitive" }]', 'data = "not_sensitive", until = 2026-11-01 }]'),
    )  # fmt: skip

    told: Any = published(profile, NOW, "en")
    channels = {each["channel"]: each for each in told["not_channels"]}

    assert channels["telegram"]["changes"] == [{"since": "2026-12-01", "may": ["open"], "says": ["open a ticket"]}]
    assert channels["whatsapp"]["exceptions"] == []
    later: Any = published(profile, datetime(2026, 12, 2, tzinfo=UTC), "en")
    assert "telegram" in [each["channel"] for each in later["official_channels"]]


def test_rules_on_trial_say_so_and_rules_with_nothing_to_stop_are_marked(tmp_path: Path) -> None:
    profile = changed(tmp_path, ("[access]", '[policy]\nshadow = ["files_are_clean"]\n\n[access]'))

    told: Any = published(profile, NOW, "en")
    email = {each["name"]: each for each in told["rules"] if each["channel"] == "email"}

    assert email["files_are_clean"]["in_trial"] and not email["sender_is_proven"]["in_trial"]
    assert not email["colleague_waits_for_administrator"]["applies"] and email["sender_is_proven"]["applies"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("desk", DESKS)
def test_every_rule_of_every_channel_has_a_sentence(desk: str, language: str) -> None:
    profile = load_profile(desk)
    names = {name for channel in profile.channels for name in rules_of(channel, profile)}

    told: Any = published(profile, NOW, language)

    assert names <= SAYS.keys()
    assert {each["name"] for each in told["rules"]} == names
    assert all(each["says"] for each in told["rules"])


async def test_nothing_of_the_people_of_an_organization_is_published(house: House) -> None:
    _, page = await get(house)
    _, json = await get(house, "/policy.json")

    for person in await Person.all():
        assert person.email not in page + json and person.name not in page + json
    for organization in await Organization.all():
        assert organization.name not in page + json and (organization.board_mailbox or "@@") not in page + json


async def test_the_door_and_every_page_lead_to_it(house: House) -> None:
    for path in ("/", "/login"):
        assert 'href="/policy"' in await (await house.http.get(path)).text()


@pytest.mark.parametrize("width", [360, 1280])
async def test_it_fits_a_telephone_and_a_desk(house: House, browser: Any, width: int) -> None:
    context = await browser.new_context(locale="pt-BR", base_url=house.url, viewport={"width": width, "height": 740})
    page = await context.new_page()
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text))

    await page.goto("/policy")
    for each in await page.query_selector_all("summary"):
        await each.click()

    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    assert await page.get_by_role("heading", name="Não são canais de atendimento").is_visible()
    assert await page.get_by_role("link", name="Política de atendimento").is_visible()
    assert told == []
    await context.close()
