"""The counter at work inside the test: a real listener, the demo cast, and messages filed at once."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from core import clock
from core.ids import new_id
from core.message import Address, Attachment, Authentication, InboundMessage, Intent, Speaker, SpeakerKind
from core.people import demo_cast, tokens
from core.people.directory import Directory
from core.people.tables import Person
from core.profile_loading import load_profile
from core.settings import load_settings
from core.tickets.intake import file_batch
from core.tickets.office import Office
from core.tickets.tables import Entry
from gateway.brokers import open_queue
from gateway.ingest.desk import Desk
from webhooks.app import create_app
from webhooks.counter import Counter
from webhooks.runner import Runner


@dataclass
class House:
    """One counter and a browserless client of it."""

    url: str
    office: Office
    counter: Counter
    http: aiohttp.ClientSession
    app: web.Application
    _tokens: dict[str, str] = field(default_factory=dict)

    async def agent(self, name: str) -> dict[str, str]:
        """Headers of an agent of the cast, by the part before the @."""
        email = f"{name}@{self.office.profile.name}.example"
        if email not in self._tokens:
            self._tokens[email] = await tokens.issue_agent_token(email)
        return {"Authorization": f"Bearer {self._tokens[email]}"}

    async def customer(self, email: str) -> dict[str, str]:
        """Headers of a customer of the cast."""
        if email not in self._tokens:
            self._tokens[email] = await tokens.issue_user_token(email)
        return {"Authorization": f"Bearer {self._tokens[email]}"}

    async def file(
        self, title: str = "Assunto", text: str = "olá", *, who: str = "ana@org-a.example", **more: object
    ) -> Any:
        """A ticket opened by a proven mail of `who`, filed as a worker would; None when it was not."""
        person = await Person.get(email=who)
        intake_id, now = new_id(), clock.now()
        values: dict[str, object] = {
            "intake_id": intake_id, "channel": "email", "received_at": now, "title": title, "text": text,
            "dedupe_key": hashlib.sha256(str(intake_id).encode()).hexdigest(), "intent": Intent.OPEN,
            "authentication": Authentication.TRUSTED_NETWORK, "author": Address(name=person.name, email=who),
            "speaker": Speaker(
                kind=SpeakerKind.PERSON, id=person.id, name=person.name, email=who, role=person.role,
                organization_id=person.organization_id, may_speak=person.may_speak,
            ),
        }
        await file_batch([InboundMessage(**(values | more))], self.office, now)  # type: ignore[arg-type]
        entry = await Entry.get_or_none(intake_id=intake_id).select_related("ticket")
        return entry.ticket if entry else None

    async def with_file(self, attachment: Attachment, *, who: str = "ana@org-a.example") -> Any:
        """A ticket whose first entry carries a file."""
        return await self.file(who=who, attachments=(attachment,))


@asynccontextmanager
async def open_house(office: Office, folder: Path, **settings: str) -> AsyncIterator[House]:
    """Serve `office` on a free port of loopback; the demo cast of its profile is there."""
    environ = {
        "GUICHE_DATA_DIR": str(folder / "data"), "GUICHE_HTTP_LISTEN": "127.0.0.1:0",
        "GUICHE_PROFILE": office.profile.name, **settings,
    }
    loaded = load_settings(environ, demo=True)
    await demo_cast.load(office.profile, clock.now())
    async with open_queue(loaded, office.sealing) as queue:
        desk = Desk(loaded, office.profile, office.signing, Directory(office.profile), office.blobs, queue)
        app = create_app(counter := Counter(desk, office, queue, loaded))
        runner = Runner(app)
        await runner.setup()
        listener = web.TCPSite(runner, "127.0.0.1", 0)
        await listener.start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            async with aiohttp.ClientSession(url, cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
                yield House(url, office, counter, http, app)
        finally:
            await runner.cleanup()


def with_profile(office: Office, profile_name: str) -> Office:
    """The same keys and store for another desk."""
    return replace(office, profile=load_profile(profile_name))
