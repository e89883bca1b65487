"""The desk's admin in a real browser without JavaScript: from a new organization to the record of what he did."""

import pytest
from playwright.async_api import Browser, Page, expect

from core.people.tables import Agent, Organization, Person
from tests.admin_pages.admin import CLARA, ROOT, organization_path
from tests.harness.house import House

CHIEF = "chefe@nova.example"


@pytest.fixture
async def page(browser: Browser, house: House) -> Page:
    context = await browser.new_context(locale="pt-BR", base_url=house.url, java_script_enabled=False)
    return await signed_in(await context.new_page())


async def signed_in(page: Page) -> Page:
    await page.goto("/login")
    await page.locator("#email").fill(ROOT)
    await page.locator("#password").fill("demo-root")
    await page.locator("button.main").click()
    return page


async def test_an_organization_comes_and_its_administrator_is_heard_blocked_and_recorded(
    page: Page, house: House
) -> None:
    await page.get_by_role("link", name="Administração").click()
    await page.get_by_role("cell").get_by_role("link", name="Organizações", exact=True).click()
    await page.get_by_label("Nome", exact=True).fill("Org Nova")
    await page.get_by_label("Domínios de e-mail").fill("nova.example")
    await page.get_by_label("CNPJ ou CPF").fill("123")
    await page.get_by_role("button", name="Adicionar").click()
    await expect(page.get_by_role("alert")).to_contain_text("CNPJ ou CPF: não é CPF nem CNPJ")
    await expect(page.get_by_label("Domínios de e-mail")).to_have_value("nova.example")
    await page.get_by_label("CNPJ ou CPF").fill("11.222.333/0001-81")
    await page.get_by_role("button", name="Adicionar").click()
    await expect(page.get_by_role("status")).to_contain_text("A organização foi adicionada.")

    await page.get_by_role("link", name="Pessoas (0)").click()
    await page.get_by_label("E-mail", exact=True).fill(CHIEF)
    await page.get_by_label("Nome").fill("Chefe Nova")
    await page.get_by_label("Papel").select_option(label="administrador")
    await page.get_by_role("button", name="Adicionar").click()
    await expect(page.get_by_role("status")).to_have_text("O usuário foi adicionado.")
    chief = page.url.partition("?")[0]

    assert await simulated(page) == "recusada"
    await page.goto(chief)
    await page.get_by_role("button", name="Autorizar a falar com o suporte").click()
    await expect(page.get_by_role("status")).to_have_text("A alteração vale a partir de agora.")
    # The doors may remember for two seconds whom they saw.
    house.counter.desk.directory.forget()
    assert await simulated(page) == "aceita"

    await page.goto(chief)
    await page.get_by_role("button", name="Bloquear").click()
    # An organization keeps one administrator: the page says so, and he stays.
    await expect(page.get_by_role("alert")).to_contain_text("mantém ao menos um administrador")
    await page.get_by_role("button", name="Retirar o direito de falar").click()
    await expect(page.get_by_role("status")).to_have_text("A alteração vale a partir de agora.")
    await page.goto((await organization_path("Org Nova")) + "/people")
    await page.get_by_label("E-mail", exact=True).fill("outra@nova.example")
    await page.get_by_label("Papel").select_option(label="administrador")
    await page.get_by_role("button", name="Adicionar").click()
    await expect(page.get_by_role("status")).to_have_text("O usuário foi adicionado.")
    await page.goto(chief)
    await page.get_by_role("button", name="Bloquear").click()
    await expect(page.get_by_text("Este usuário está bloqueado")).to_be_visible()

    person = await Person.get(email=CHIEF)
    await page.get_by_role("link", name="Administração").click()
    await page.get_by_role("link", name="Auditoria").click()
    await page.locator("#object").fill(f"person:{person.id}")
    await page.get_by_role("button", name="Buscar").click()
    for action in ("user_added", "user_authorized", "user_revoked", "user_blocked"):
        await expect(page.get_by_role("cell", name=action)).to_be_visible()
    assert person.blocked and (await Organization.get(name="Org Nova")).document == "11222333000181"


async def simulated(page: Page) -> str:
    """What the simulator says of a ticket that the new administrator opens by the form."""
    await page.goto("/admin/simulate")
    await page.get_by_label("Canal", exact=True).select_option(value="form")
    await page.get_by_label("Remetente (e-mail ou telefone)").fill(CHIEF)
    await page.get_by_role("button", name="Simular a mensagem").click()
    await expect(page.get_by_role("status")).to_contain_text("Decisão: ")
    return (await page.get_by_role("status").inner_text()).partition("seria ")[2].split()[0].strip(".")


PATHS = ["/admin/", "/admin/organizations", "{a}", "{a}/people", "/admin/agents", "{clara}", "/admin/simulate"]


async def path(template: str) -> str:
    clara = f"/admin/agents/{(await Agent.get(email=CLARA)).id}"
    return template.format(a=await organization_path(), clara=clara)


async def test_every_field_has_its_name_and_every_heading_its_place(page: Page) -> None:
    for each in PATHS:
        await page.goto(await path(each))
        assert await page.locator("h1").count() == 1, each
        for field in await page.locator("main input:not([type=hidden]), main select, main textarea").all():
            assert await field.evaluate("each => each.labels.length") == 1, each
        names = [await button.inner_text() for button in await page.locator("main button").all()]
        assert len(names) == len(set(names)) and all(names), each
        for table in await page.locator("table").all():
            assert await table.locator("caption").count() == 1, each
            assert await table.locator("thead th:not([scope=col])").count() == 0, each


@pytest.mark.parametrize("width", [320, 1280])
async def test_nothing_is_cut_off_on_a_telephone(browser: Browser, house: House, width: int) -> None:
    await Organization.filter(name="Org A").update(name="Organização" * 18)
    size = {"width": width, "height": 800}
    context = await browser.new_context(locale="pt-BR", base_url=house.url, viewport=size)  # type: ignore[arg-type]
    page = await signed_in(await context.new_page())
    for each in PATHS:
        clara = f"/admin/agents/{(await Agent.get(email=CLARA)).id}"
        organization = await organization_path("Organização" * 18)
        await page.goto(each.format(a=organization, clara=clara))
        assert await page.evaluate("document.documentElement.scrollWidth") <= width, each
