"""A browser without a screen, with cookies of its own: it posts the forms of pages with their tokens."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html import unescape

import aiohttp
from yarl import URL

from core.deliveries import Delivery
from core.people.secret_texts import one_time_secret
from tests.harness.house import House

CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0.0.0 Safari/537.36"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1 Version/17.0 Safari/604.1"


@dataclass(frozen=True)
class Shown:
    """A page as it answered; `text` is unescaped and without tags."""

    status: int
    html: str
    location: str

    @property
    def text(self) -> str:
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", self.html)).split())

    def field(self, name: str) -> str:
        found = re.search(rf'name="{name}" value="([^"]*)"', self.html)
        assert found, self.text
        return unescape(found[1])


@dataclass
class Visitor:
    """One browser at the counter."""

    http: aiohttp.ClientSession
    url: str
    name: str = "guiche"

    @property
    def cookie(self) -> str:
        return next((each.value for each in self.http.cookie_jar if each.key == self.name), "")

    def plant(self, cookie: str) -> None:
        """Put somebody else's session, or an invented one, into this browser."""
        self.http.cookie_jar.update_cookies({self.name: cookie}, URL(self.url))

    async def get(self, path: str, **headers: str) -> Shown:
        async with self.http.get(path, headers=headers, allow_redirects=False) as answer:
            return await _shown(answer)

    async def post(self, path: str, headers: dict[str, str] | None = None, **fields: str) -> Shown:
        async with self.http.post(path, data=fields, headers=headers or {}, allow_redirects=False) as answer:
            return await _shown(answer)

    async def send(self, page: str, action: str = "", headers: dict[str, str] | None = None, **fields: str) -> Shown:
        """Open `page`, and post its form to `action`."""
        token = (await self.get(page)).field("csrf_token")
        return await self.post(action or page, headers, csrf_token=token, **fields)

    async def sign_in(self, email: str, password: str = "", **headers: str) -> Shown:
        """Begin a session in place of an earlier one."""
        self.http.cookie_jar.clear()
        return await self.send(
            "/login", headers=headers, email=email, password=password or f"demo-{email.partition('@')[0]}"
        )


async def _shown(answer: aiohttp.ClientResponse) -> Shown:
    return Shown(answer.status, await answer.text(), answer.headers.get("Location", ""))


@asynccontextmanager
async def visiting(house: House, user_agent: str = CHROME) -> AsyncIterator[Visitor]:
    """Another browser at the counter of `house`."""
    headers = {"User-Agent": user_agent}
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(house.url, cookie_jar=jar, headers=headers) as http:
        yield Visitor(http, house.url)


async def secrets_sent(house: House) -> list[str]:
    """The secrets of the letters that were queued, oldest first."""
    letters = await Delivery.filter(kind__in=["invitation", "password_link"]).order_by("id")
    return [one_time_secret(letter.detail, house.office.signing) for letter in letters]
