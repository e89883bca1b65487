"""An organization's people in a real browser: without JavaScript, by the keyboard alone, and on a telephone."""

import shutil
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from core.people.tables import Person
from core.tickets.tables import Held
from tests.harness.house import House
from tests.portal.held import NEW, hold
from tests.portal.portal import ADM, ANA, BRUNO

HOSTILE = "<img src=x onerror=\"document.title='PWNED'\">"


@pytest.fixture
def migrated_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """One database is enough: pages do not differ by it."""
    return f"sqlite://{shutil.copy(migrated_sqlite, tmp_path / 'guiche.sqlite3')}"


@pytest.fixture
async def page(browser: Browser, house: House) -> Page:
    """A page in Portuguese that runs no JavaScript."""
    context = await browser.new_context(locale="pt-BR", base_url=house.url, java_script_enabled=False)
    return await signed_in(await context.new_page())


async def signed_in(page: Page) -> Page:
    await page.goto("/login")
    await page.locator("#email").fill(ADM)
    await page.locator("#password").fill("demo-adm")
    await page.locator("button.main").click()
    return page


async def test_an_administrator_lands_on_his_people_and_adds_one(page: Page) -> None:
    await expect(page.get_by_role("heading", name="Pessoas", exact=True)).to_be_visible()
    await expect(page.get_by_role("table", name="Pessoas da sua organização")).to_be_visible()
    await page.get_by_label("E-mail", exact=True).fill(NEW)
    await page.get_by_label("Nome").fill("Novo Colega")
    await page.get_by_label("Papel").select_option(label="usuário-chave")
    await page.get_by_role("button", name="Adicionar").click()

    await expect(page.get_by_role("status")).to_have_text("O usuário foi adicionado.")
    await expect(page.get_by_role("heading", name="Novo Colega")).to_be_visible()
    assert (await Person.get(email=NEW)).may_speak


async def test_a_refusal_is_read_beside_what_was_typed(page: Page) -> None:
    await page.get_by_label("E-mail", exact=True).fill(ANA)
    await page.get_by_label("Nome").fill("Outra Ana")
    await page.get_by_role("button", name="Adicionar").click()

    await expect(page.get_by_role("alert")).to_contain_text("alguém já tem este endereço")
    await expect(page.get_by_label("Nome")).to_have_value("Outra Ana")
    await expect(page.get_by_label("E-mail", exact=True)).to_have_attribute("aria-describedby", "complaints")


async def test_rights_are_given_and_taken_on_a_persons_page(page: Page) -> None:
    await page.get_by_role("link", name="Bruno").click()
    await page.get_by_role("button", name="Autorizar a falar com o suporte").click()
    await expect(page.get_by_role("status")).to_have_text("A alteração vale a partir de agora.")
    await page.get_by_label("aprovar orçamentos").uncheck()
    await page.get_by_role("button", name="Salvar as permissões").click()
    await expect(page.get_by_label("aprovar orçamentos")).not_to_be_checked()
    await page.get_by_role("button", name="Tornar administrador").click()
    await page.get_by_role("button", name="Bloquear").click()
    await expect(page.get_by_text("Este usuário está bloqueado")).to_be_visible()

    bruno = await Person.get(email=BRUNO)
    assert (bruno.may_speak, bruno.administers, bruno.blocked) == (True, True, True)
    assert bruno.scopes == "request_services high_impact"


async def test_a_colleague_is_authorised_where_he_waits(page: Page, house: House) -> None:
    await hold(house.office, subject=HOSTILE)
    await page.goto("/portal/people")
    waiting = page.get_by_role("table", name="Aguardando sua decisão")
    await expect(waiting).to_contain_text(HOSTILE)
    await page.get_by_role("button", name=f"Autorizar {NEW}").click()

    await expect(page.get_by_role("status")).to_contain_text("O usuário já pode falar com o suporte.")
    await expect(waiting).to_have_count(0)
    assert (await Held.get()).state == "released"
    assert await page.title() == "Pessoas · Guichê"


async def test_the_last_administrator_is_told_that_he_stays(page: Page) -> None:
    await page.get_by_role("link", name="Adão Mendes", exact=True).click()
    await page.get_by_role("button", name="Retirar a administração").click()

    await expect(page.get_by_role("alert")).to_contain_text("mantém ao menos um administrador")


async def test_everything_is_reached_by_the_keyboard_alone(page: Page, house: House) -> None:
    await hold(house.office)
    await page.goto("/portal/people")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Pular para o conteúdo")).to_be_focused()
    for _ in range(40):
        await page.keyboard.press("Tab")
        if await page.get_by_role("button", name=f"Autorizar {NEW}").evaluate("each => each === document.activeElement"):
            break
    await page.keyboard.press("Enter")

    await expect(page.get_by_role("status")).to_contain_text("O usuário já pode falar com o suporte.")


@pytest.mark.parametrize("width", [320, 390, 1280])
async def test_nothing_is_cut_off_on_a_telephone(browser: Browser, house: House, width: int) -> None:
    await hold(house.office, email=f"{'muito' * 10}@org-a.example", subject="Boletim" * 30)
    await Person.filter(email=BRUNO).update(name="Bruno" * 40)
    size = {"width": width, "height": 800}
    context = await browser.new_context(locale="pt-BR", base_url=house.url, viewport=size)  # type: ignore[arg-type]
    page = await signed_in(await context.new_page())
    for path in ("/portal/people", f"/portal/people/{(await Person.get(email=BRUNO)).id}"):
        await page.goto(path)
        assert await page.evaluate("document.documentElement.scrollWidth") <= width, path


async def test_every_field_has_its_name_and_every_heading_its_place(page: Page, house: House) -> None:
    await hold(house.office)
    for path in ("/portal/people", f"/portal/people/{(await Person.get(email=ANA)).id}"):
        await page.goto(path)
        assert await page.locator("h1").count() == 1
        for field in await page.locator("input:not([type=hidden]), select").all():
            assert await field.evaluate("each => each.labels.length") == 1
        names = [await each.inner_text() for each in await page.locator("main button").all()]
        assert len(names) == len(set(names)) and all(names)
        for table in await page.locator("table").all():
            assert await table.locator("caption").count() == 1
            assert await table.locator("thead th:not([scope=col])").count() == 0
