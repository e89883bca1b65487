"""The second factor and the link of an invitation as somebody meets them: in a browser."""

import shutil
from pathlib import Path

import pyotp
import pytest
from playwright.async_api import Browser, Page, expect

from core import clock
from core.people import inviting
from core.people.actor import SYSTEM
from core.people.tables import Person
from tests.accounts.conftest import Time
from tests.accounts.visitor import secrets_sent
from tests.harness.house import House

CLARA, BRUNO = "clara@instituicoes.example", "bruno@org-a.example"


@pytest.fixture
def migrated_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """One database is enough: pages do not differ by it."""
    return f"sqlite://{shutil.copy(migrated_sqlite, tmp_path / 'guiche.sqlite3')}"


async def new_page(browser: Browser, house: House) -> tuple[Page, list[str]]:
    """A page in Portuguese, and what the browser complained about on it."""
    context = await browser.new_context(locale="pt-BR", base_url=house.url)
    page, complaints = await context.new_page(), list[str]()
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    return page, complaints


async def sign_in(page: Page) -> None:
    await page.goto("/login")
    await page.get_by_label("E-mail").fill(CLARA)
    await page.get_by_label("Senha").fill("demo-clara")
    await page.get_by_role("button", name="Entrar").click()


async def test_an_agent_sets_a_second_factor_up_and_signs_in_with_it(
    browser: Browser, house: House, time: Time
) -> None:
    page, complaints = await new_page(browser, house)
    await sign_in(page)
    await page.get_by_role("link", name="Clara Campos").click()
    await page.get_by_role("link", name="Configurar o segundo fator").click()
    drawing = page.get_by_role("img", name="Código QR da chave abaixo").locator("svg")
    box = await drawing.bounding_box()
    assert box is not None
    assert box["width"] > 150

    totp = pyotp.TOTP((await page.locator("#key").inner_text()).replace(" ", ""))
    await page.get_by_label("Código", exact=True).fill("000000")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("este código está errado")
    await page.get_by_label("Código", exact=True).fill(totp.at(time.now))
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("listitem")).to_have_count(8)

    time.move(seconds=30)
    other, more = await new_page(browser, house)
    await sign_in(other)
    await other.get_by_label("Código do seu aplicativo").fill(totp.at(time.now))
    await other.keyboard.press("Enter")
    await expect(other.get_by_role("heading", name="Chamados")).to_be_visible()
    # The one complaint is the wrong code's own status; the content policy has none.
    assert [each for each in complaints + more if "422" not in each] == []


async def test_whoever_is_invited_chooses_a_password_and_is_in(browser: Browser, house: House, time: Time) -> None:
    await inviting.invite(await Person.get(email=BRUNO), house.office.signing, clock.now(), SYSTEM)
    page, complaints = await new_page(browser, house)
    await page.goto(f"/begin/{(await secrets_sent(house))[0]}")
    await expect(page.get_by_label("E-mail")).to_have_value(BRUNO)

    await page.get_by_label("Nova senha").fill("uma senha comprida")
    await page.get_by_role("button", name="Salvar e entrar").click()

    await page.goto("/account")
    await expect(page.get_by_role("heading", name="Sua conta")).to_be_visible()
    assert complaints == []
