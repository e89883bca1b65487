"""A browser without a screen: signs in, reads the token of a page, and posts its forms."""

import re
from dataclasses import dataclass
from html import unescape

import aiohttp

from tests.harness.house import House

ADM, ANA, BRUNO, CARLA = "adm@org-a.example", "ana@org-a.example", "bruno@org-a.example", "carla@org-b.example"


@dataclass(frozen=True)
class Shown:
    """A page as it answered; `text` is unescaped and without tags."""

    status: int
    html: str
    location: str

    @property
    def text(self) -> str:
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", self.html)).split())


@dataclass
class Visitor:
    """Somebody at the counter of `house`, in a language."""

    house: House
    language: str = "pt-BR"

    async def sign_in(self, email: str) -> "Visitor":
        """Begin a session of the cast, in place of an earlier one."""
        self.house.http.cookie_jar.clear()
        token = self.token_of((await self.get("/login")).html)
        answer = await self.post("/login", token, email=email, password=f"demo-{email.partition('@')[0]}")
        assert answer.status == 303, answer.text
        return self

    async def get(self, path: str) -> Shown:
        async with self.house.http.get(path, headers=self._headers, allow_redirects=False) as answer:
            return await self._shown(answer)

    async def post(self, path: str, token: str = "", **fields: str) -> Shown:
        form = {"csrf_token": token, **fields}
        async with self.house.http.post(path, data=form, headers=self._headers, allow_redirects=False) as answer:
            return await self._shown(answer)

    async def send(self, path: str, **fields: str) -> Shown:
        """Post a form of the portal with the session's own token."""
        return await self.post(path, self.token_of((await self.get("/portal/people")).html), **fields)

    @staticmethod
    def token_of(html: str) -> str:
        """The page's token, or none where it has no form."""
        found = re.search(r'name="csrf_token" value="([^"]+)"', html)
        return found[1] if found else ""

    @property
    def _headers(self) -> dict[str, str]:
        return {"Accept-Language": self.language}

    async def _shown(self, answer: aiohttp.ClientResponse) -> Shown:
        return Shown(answer.status, await answer.text(), answer.headers.get("Location", ""))
