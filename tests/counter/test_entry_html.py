"""A mail's HTML as readers meet it: through the API, and in a browser that would run what it can."""

import hashlib
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Route, expect

from core.message import Attachment, Blob
from core.tickets.entry_html import with_pictures, with_remote_images
from core.tickets.tables import Entry, Ticket
from gateway.ingest.html_shown import shown_html
from tests.harness.house import House
from tests.ingest.hostile_html import LOADS, SCRIPTS

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000002000000020802000000fdd49a73000000114944415478da63f8cfc0004460"
    "e23f03001df003fddddc96970000000049454e44ae426082"
)
LETTER = (
    "<p>Bom dia, <b>nada</b> abre.</p><img src='cid:foto@x' alt=Foto><img src='cid:outra@x' alt=Outra>"
    "<img src='https://tracker.example/logo.png' width=80 height=20 alt=Logo>"
    "<a href='https://evil.example/entrar'>https://banco.example</a>"
)  # fmt: skip


@pytest.fixture
def migrated_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """One database is enough: pages do not differ by it."""
    return f"sqlite://{shutil.copy(migrated_sqlite, tmp_path / 'guiche.sqlite3')}"


class Watched:
    """A page in Portuguese that nothing leaves but for our own counter; what wanted to is kept."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.left: list[str] = []

    async def decide(self, route: Route) -> None:
        if route.request.url.startswith("http://127.0.0.1"):
            await route.continue_()
        else:
            self.left.append(route.request.url)
            await route.abort()


@pytest.fixture
async def watched(browser: Browser, house: House) -> Watched:
    context = await browser.new_context(locale="pt-BR", base_url=house.url)
    watched = Watched(await context.new_page())
    await context.route("**/*", watched.decide)
    return watched


def picture(content_id: str, content: bytes = PNG, kind: str = "image/png") -> Attachment:
    digest = hashlib.sha256(content).hexdigest()
    blob = Blob(digest=digest, size=len(content), content=content)
    return Attachment(filename="foto.png", content_type=kind, blob=blob, content_id=content_id)


async def file_letter(
    house: House, html: str = LETTER, *files: Attachment, **more: object
) -> tuple[Ticket, Entry]:
    ticket = await house.file(
        "Boletim", "Bom dia, nada abre.", html=shown_html(html), attachments=files, **more
    )
    return ticket, await Entry.get(ticket_id=ticket.id, seq=1)


async def sign_in(page: Page, path: str) -> None:
    await page.goto(path)
    await page.get_by_label("E-mail").fill("clara@instituicoes.example")
    await page.get_by_label("Senha").fill("demo-clara")
    await page.get_by_role("button", name="Entrar").click()


async def entry_json(house: House, ticket: Ticket, headers: dict[str, str]) -> Any:
    async with house.http.get(f"/api/v1/tickets/{ticket.protocol}", headers=headers) as answer:
        return (await answer.json())["entries"][0]


async def test_H07_the_api_shows_own_pictures_by_their_file_and_no_others(house: House) -> None:
    ticket, _ = await file_letter(house, LETTER, picture("foto@x"))
    await file_letter(house, LETTER, picture("outra@x"))

    entry = await entry_json(house, ticket, await house.agent("clara"))

    assert f'<img src="/api/v1/attachments/{entry["attachments"][0]["id"]}" alt="Foto">' in entry["html"]
    assert '<img alt="Outra">' in entry["html"]
    assert 'data-remote-src="https://tracker.example/logo.png"' in entry["html"]


async def test_an_entry_without_html_shows_none(house: House) -> None:
    ticket = await house.file("Boletim")
    assert (await entry_json(house, ticket, await house.agent("clara")))["html"] is None


async def test_I5_a_customer_sees_the_html_of_his_own_mail_and_of_no_agents(house: House) -> None:
    ticket, entry = await file_letter(house)
    headers = await house.customer("ana@org-a.example")
    assert "nada" in (await entry_json(house, ticket, headers))["html"]

    quoting = {"text": "resposta", "full_text": "resposta\n> nota interna canary", "html": "<p>canary</p>"}
    await Entry.filter(id=entry.id).update(author_role="agent", **quoting)
    shown = await entry_json(house, ticket, headers)
    assert shown["html"] is None
    assert "canary" not in json.dumps(shown)


def test_a_content_id_is_compared_as_it_is_written_in_an_address() -> None:
    html = shown_html("<img src='cid:a%40b&amp;c'>")
    assert with_pictures(html, {"a@b&c": "/x"}.get) == '<img src="/x">'


def test_words_that_look_like_an_image_are_left_alone() -> None:
    html = shown_html('<p>use &lt;img src="cid:a"&gt; e  data-remote-src="x"</p>')
    assert with_remote_images(with_pictures(html, {"a": "/x"}.get)) == html


async def test_H05_the_page_allows_no_scripts_no_forms_and_nothing_from_elsewhere(house: House) -> None:
    ticket, entry = await file_letter(house)
    address = f"/console/tickets/{ticket.protocol}/entries/{entry.id}/html"
    async with house.http.get("/login") as answer:
        token = re.search(r'name="csrf_token" value="([^"]+)"', await answer.text())
    assert token
    fields = {"email": "clara@instituicoes.example", "password": "demo-clara", "csrf_token": token.group(1)}
    await house.http.post("/login", data=fields)

    for query, images in (
        ("", "img-src data:;"),
        ("?images=1", "img-src data: https: http:;"),
        ("?images=2", "img-src data:;"),
    ):
        async with house.http.get(address + query) as answer:
            policy = answer.headers["Content-Security-Policy"]
            assert answer.status == 200
            assert images in policy
            assert "default-src 'none'" in policy
            assert re.search(r"sandbox(?!.*allow-(scripts|same-origin|forms|top-navigation))", policy)
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("who", ["nobody", "customer", "foreign-ticket", "nonsense"])
async def test_the_page_of_an_entry_is_for_agents_who_may_read_its_ticket(house: House, who: str) -> None:
    ticket, entry = await file_letter(house)
    other = await house.file("Outro")
    protocol = other.protocol if who == "foreign-ticket" else ticket.protocol
    entry_id = "nonsense" if who == "nonsense" else entry.id
    person = {"customer": "ana@org-a.example", "nobody": ""}.get(who, "clara@instituicoes.example")
    if person:
        async with house.http.get("/login") as answer:
            token = re.search(r'name="csrf_token" value="([^"]+)"', await answer.text())
        assert token
        password = f"demo-{person.partition('@')[0]}"
        await house.http.post(
            "/login", data={"email": person, "password": password, "csrf_token": token.group(1)}
        )

    async with house.http.get(
        f"/console/tickets/{protocol}/entries/{entry_id}/html", allow_redirects=False
    ) as answer:
        assert answer.status in ({303} if who == "nobody" else {303, 403} if who == "customer" else {404})
        assert "<b>" not in await answer.text()


RUN = """async (pieces) => {
  window.pwned = []; window.alert = window.pwn = () => window.pwned.push(window.now);
  for (const [at, html] of pieces.entries()) {
    window.now = at;
    const twice = document.createElement("div"), once = document.createElement("div");
    once.innerHTML = html; twice.innerHTML = once.innerHTML;
    document.body.append(once, twice);
    for (const node of [...once.querySelectorAll("*"), ...twice.querySelectorAll("*")]) {
      for (const kind of ["mouseover", "pointerenter", "click", "focus", "focusin", "toggle", "error", "load"])
        node.dispatchEvent(new Event(kind, {bubbles: true, cancelable: true}));
      if (node.tagName === "A" && !/^(https?:|mailto:|tel:)?/.exec(node.href)[0] && node.href) window.pwned.push(node.href);
      if (node.tagName === "A" && /^javascript:/i.test(node.href)) node.click();
    }
    await new Promise((done) => setTimeout(done, 5));
  }
  await new Promise((done) => setTimeout(done, 200));
  return window.pwned;
}"""


async def test_H01_H04_a_browser_that_runs_scripts_runs_and_fetches_nothing(
    watched: Watched, house: House
) -> None:
    """Without sandbox and policy: what keeps the reader safe here is the cleaning alone."""
    await watched.page.goto("about:blank")
    await watched.page.set_content("<!doctype html><title>x</title>")

    assert await watched.page.evaluate(RUN, [shown_html(each) for each in (*SCRIPTS, *LOADS)]) == []
    assert watched.left == []
    assert watched.page.url == "about:blank"


async def test_this_browser_would_run_and_fetch_what_is_not_cleaned(watched: Watched, house: House) -> None:
    await watched.page.goto("about:blank")
    await watched.page.set_content("<!doctype html><title>x</title>")

    raw = ["<img src=data:x onerror=pwn()>", LOADS[0], "<a href='javascript:pwn()'>x</a>"]
    assert set(await watched.page.evaluate(RUN, raw)) >= {0, 2}
    assert set(watched.left) == {"https://tracker.example/a.png"}


async def test_H04_images_from_elsewhere_load_when_asked_for_and_not_before(
    watched: Watched, house: House
) -> None:
    ticket, _ = await file_letter(house, LETTER, picture("foto@x"))
    page = watched.page
    await sign_in(page, f"/console/tickets/{ticket.protocol}")
    await expect(page.get_by_role("article").first).to_contain_text("Bom dia, nada abre.")
    assert not [frame for frame in page.frames if "/html" in frame.url]

    # By keyboard alone: to the summary, open, and further to the link.
    await page.get_by_text("Formato original", exact=True).focus()
    await page.keyboard.press("Enter")
    frame = page.frame_locator("iframe")
    await expect(frame.get_by_text("nada")).to_be_visible()
    assert await frame.get_by_alt_text("Foto").evaluate("each => each.naturalWidth") == 2
    assert watched.left == []

    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(frame.get_by_alt_text("Logo")).to_have_attribute("src", "https://tracker.example/logo.png")
    assert set(watched.left) == {"https://tracker.example/logo.png"}


async def test_H05_H08_the_frame_has_no_origin_runs_nothing_and_shows_where_links_lead(
    watched: Watched, house: House
) -> None:
    ticket, entry = await file_letter(house)
    # As if the cleaning had let something through.
    evil = "<script>top.document.title='PWNED'</script><img src=x onerror=\"top.document.title='PWNED'\"><form action=/logout method=post><button>Sair já</button></form>"
    await Entry.filter(id=entry.id).update(html=f"{entry.html}{evil}<img src=https://tracker.example/x.png>")
    page = watched.page
    await sign_in(page, f"/console/tickets/{ticket.protocol}")
    await page.get_by_text("Formato original", exact=True).click()
    frame = page.frame_locator("iframe")
    await frame.get_by_role("button", name="Sair já").click()
    shown = await frame.get_by_role("link").evaluate("each => getComputedStyle(each, '::after').content")

    assert "https://evil.example/entrar" in shown or "attr(href)" in shown
    assert "PWNED" not in await page.title()
    assert watched.left == []
    await page.reload()
    await expect(page.get_by_role("heading", name="Boletim").first).to_be_visible()
