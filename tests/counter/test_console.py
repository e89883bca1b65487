"""The console as an agent meets it: in a browser, with the keyboard, and with hostile mail on the page."""

import shutil
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from core.deliveries import Delivery
from core.people.tables import Person
from core.tickets.tables import Entry, Ticket
from tests.harness.house import House

HOSTILE = [
    "<script>document.title='PWNED'</script>",
    "<img src=x onerror=\"document.title='PWNED'\">",
    "<svg><set attributeName=onload to=\"document.title='PWNED'\"></svg>",
    "<a href=\"javascript:document.title='PWNED'\">x</a>",
    "\"><iframe srcdoc=\"<script>parent.document.title='PWNED'</script>\"></iframe>",
    "</textarea></title><math><mtext><style><!--</style><img title=\"--><img src=1 onerror=alert(1)>\">",
    "{{7*7}}${7*7}<style>@import 'http://127.0.0.1:9/x.css'</style>",
]


@pytest.fixture
def migrated_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """One database is enough: pages do not differ by it."""
    return f"sqlite://{shutil.copy(migrated_sqlite, tmp_path / 'guiche.sqlite3')}"


@pytest.fixture
async def page(browser: Browser, house: House) -> Page:
    """A page in Portuguese, where an action waits at most a while."""
    context = await browser.new_context(locale="pt-BR", base_url=house.url)
    return await context.new_page()


async def sign_in(page: Page, password: str = "demo-clara") -> None:
    await page.goto("/console/")
    await page.get_by_label("E-mail").fill("clara@instituicoes.example")
    await page.get_by_label("Senha").fill(password)
    await page.get_by_role("button", name="Entrar").click()


async def test_an_agent_signs_in_answers_and_signs_out(page: Page, house: House) -> None:
    ticket = await house.file("Boletim não abre", "Bom dia,\nnão abre.")
    await sign_in(page)
    await page.get_by_role("link", name="Boletim não abre").click()
    await page.get_by_label("Texto").fill("Bom dia, Ana. Corrigido.")
    await page.get_by_role("button", name="Enviar").click()

    await expect(page.get_by_role("status")).to_have_text("A resposta está a caminho.")
    await expect(page.get_by_role("article").last).to_contain_text("Bom dia, Ana. Corrigido.")
    assert (await Ticket.get(id=ticket.id)).status == "awaiting_customer"
    assert await Delivery.filter(kind="reply", recipient_kind="person").count() == 1

    await page.get_by_role("button", name="Sair").click()
    await page.goto("/console/")
    await expect(page.get_by_role("heading", name="Entrar")).to_be_visible()


async def test_a_note_is_marked_and_leaves_for_no_customer(page: Page, house: House) -> None:
    await house.file("Boletim não abre")
    await sign_in(page)
    await page.get_by_role("link", name="Boletim não abre").click()
    await page.get_by_label("Nota interna").check()
    await page.get_by_label("Texto").fill("ligar para a escola")
    await page.get_by_role("button", name="Enviar").click()

    await expect(page.get_by_role("article").last).to_contain_text("interna")
    assert (await Entry.filter(author_role="agent").first()).visibility == "internal"
    assert await Delivery.filter(kind="reply").count() == 0


async def test_an_answer_brings_its_file(page: Page, house: House) -> None:
    await house.file("Boletim não abre")
    await sign_in(page)
    await page.get_by_role("link", name="Boletim não abre").click()
    await page.get_by_label("Texto").fill("segue")
    await page.get_by_label("Arquivos").set_input_files(
        {"name": "manual.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"}
    )
    await page.get_by_role("button", name="Enviar").click()
    async with page.expect_download() as download:
        await page.get_by_role("link", name="manual.pdf").click()

    assert (await download.value).suggested_filename == "manual.pdf"


async def test_a_ticket_is_closed_and_reopened(page: Page, house: House) -> None:
    ticket = await house.file("Boletim não abre")
    await sign_in(page)
    await page.get_by_role("link", name="Boletim não abre").click()
    await page.get_by_label("Solução").fill("Atualizado.")
    await page.get_by_role("button", name="Encerrar o chamado").click()
    await expect(page.get_by_role("status")).to_have_text("O chamado foi encerrado.")
    assert (await Ticket.get(id=ticket.id)).status == "closed"

    await page.get_by_role("button", name="Reabrir o chamado").click()
    await expect(page.get_by_role("status")).to_have_text("O chamado está aberto de novo.")


async def test_what_somebody_changed_meanwhile_is_not_overwritten(page: Page, house: House) -> None:
    ticket = await house.file("Boletim não abre")
    await sign_in(page)
    await page.get_by_role("link", name="Boletim não abre").click()
    await house.http.post(f"/api/v1/tickets/{ticket.protocol}/start", headers=await house.agent("lia"))
    await page.get_by_label("Solução").fill("Atualizado.")
    await page.get_by_role("button", name="Encerrar o chamado").click()

    await expect(page.get_by_role("alert")).to_contain_text("Alguém alterou o chamado nesse meio-tempo.")
    await expect(page.get_by_label("Solução")).to_have_value("Atualizado.")
    assert (await Ticket.get(id=ticket.id)).status == "open"


async def test_a_wrong_password_lets_nobody_in(page: Page) -> None:
    await sign_in(page, "errada")

    await expect(page.get_by_role("alert")).to_have_text("E-mail ou senha incorretos.")
    await expect(page.get_by_label("E-mail")).to_have_value("clara@instituicoes.example")


async def test_hostile_text_runs_nothing_and_fetches_nothing(page: Page, house: House) -> None:
    await Person.filter(email="ana@org-a.example").update(name=HOSTILE[1])
    for text in HOSTILE:
        await house.file(text, text, full_text=text + "\n> antes")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    await sign_in(page)

    for number, text in enumerate(HOSTILE):
        await page.goto("/console/")
        link = page.locator("td.title a").nth(number)
        await expect(link).to_have_text(text)
        await link.click()
        await page.get_by_text("Mensagem completa").click()
        await page.wait_for_load_state("networkidle")
        assert "PWNED" not in await page.title()

    assert [url for url in asked if not url.startswith(house.url)] == []
    assert await page.locator("main iframe, main script, main svg, main style").count() == 0


async def test_the_list_is_worked_by_keyboard_and_pages_on(page: Page, house: House) -> None:
    for number in range(51):
        await house.file(f"Assunto {number:02}")
    await sign_in(page)
    # A key pressed while the page is still on its way is lost.
    await expect(page.get_by_role("row")).to_have_count(51)
    await page.wait_for_load_state()
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Pular para o conteúdo")).to_be_focused()

    await page.get_by_role("link", name="Próxima página").click()
    assert await page.locator("td.title").all_inner_texts() == ["Assunto 50"]


async def test_on_a_telephone_nothing_runs_off_the_screen(browser: Browser, house: House) -> None:
    ticket = await house.file("Impressora fiscal " * 12, "palavra" * 200)
    context = await browser.new_context(locale="pt-BR", base_url=house.url, viewport={"width": 360, "height": 740})
    page = await context.new_page()
    await sign_in(page)
    for path in ("/console/", f"/console/tickets/{ticket.protocol}", "/console/held", "/console/received", "/dev/outbox", "/"):
        await page.goto(path)
        assert await page.evaluate("document.documentElement.scrollWidth") <= 360, path


async def test_pages_speak_the_language_of_the_reader(browser: Browser, house: House) -> None:
    context = await browser.new_context(locale="en-GB", base_url=house.url)
    page = await context.new_page()
    await page.goto("/login")

    await expect(page.get_by_role("heading")).to_have_text("Sign in")
    assert await page.locator("html").get_attribute("lang") == "en"
