"""The quarantine and the ledger as an agent meets them in a browser."""

from playwright.async_api import Page, expect

from core.decision import Reason
from core.tickets.tables import Held
from tests.counter.test_console import migrated_url, page, sign_in  # noqa: F401 - fixtures
from tests.harness.house import House

HOSTILE = "<img src=x onerror=\"document.title='PWNED'\">"


async def test_IN09_a_held_message_is_released_with_one_click(page: Page, house: House) -> None:  # noqa: F811
    await house.file("Boletim", held_for=Reason.NO_STANDING)
    await sign_in(page)
    await page.get_by_role("link", name="Quarentena").click()
    await expect(page.get_by_text("ana@org-a.example")).to_be_visible()
    await page.get_by_role("button", name="Liberar").click()

    await expect(page.get_by_role("status")).to_have_text("A mensagem está a caminho do registro.")
    await expect(page.get_by_text("Nenhuma mensagem espera uma decisão.")).to_be_visible()
    assert (await Held.get()).state == "released"


async def test_a_held_message_is_dropped_and_the_ledger_tells_its_story(page: Page, house: House) -> None:  # noqa: F811
    await house.file(HOSTILE, held_for=Reason.NO_STANDING, trail=("sender_may_write=passed", "sender_is_proven=hold"))
    await sign_in(page)
    await page.get_by_role("link", name="Quarentena").click()
    await page.get_by_role("button", name="Descartar").click()
    await page.get_by_role("link", name="Recebidas").click()

    row = page.get_by_role("row").last
    await expect(row).to_contain_text("Foi retida, e um operador a descartou.")
    await row.get_by_text("Regras consultadas").click()
    await expect(row).to_contain_text("O remetente está comprovado?")
    assert await page.title() == "Onde está esta mensagem? · Guichê"


async def test_a_rule_that_still_stops_a_released_message_is_named(page: Page, house: House) -> None:  # noqa: F811
    await house.file(held_for=Reason.SENDER_NOT_PROVEN, who="bruno@org-a.example")
    await sign_in(page)
    await page.goto("/console/held")
    await page.get_by_role("button", name="Liberar").click()

    await expect(page.get_by_role("alert")).to_contain_text("Outra regra a retém")
    assert (await Held.get()).state == "held"


async def test_a_mail_is_found_by_the_words_of_its_subject(page: Page, house: House) -> None:  # noqa: F811
    ticket = await house.file("Boletim não abre")
    await house.file("Outra coisa")
    await sign_in(page)
    await page.goto("/console/received")
    await page.get_by_role("searchbox").fill("boletim")
    await page.get_by_role("button", name="Buscar").click()

    await expect(page.get_by_role("link", name=ticket.protocol)).to_be_visible()
    assert await page.get_by_role("row").count() == 2
