"""Each role at each route of the counter, asked of somebody's objects: exactly as `matrix.txt` says (W10, I9, T22).

A route that has no row there, or a row without its route, fails.
"""

import json
import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import ClientResponse, FormData, web

from core import clock
from core.attachments import FileBlobs, keep
from core.database import open_database
from core.deliveries import Delivery
from core.ids import new_id
from core.keys import Key, SealingKeys, SigningKeys
from core.message import Address, Attachment, Authentication, InboundMessage, Intent, Speaker, SpeakerKind
from core.people import agents, persons, sessions, tokens
from core.people.actor import SYSTEM
from core.people.agents import NewAgent
from core.people.persons import NewPerson
from core.people.tables import AccountAlert, Agent, Identity, Organization, Person, Session
from core.profile_loading import load_profile
from core.tickets.administrators.asked import Asked, sealed
from core.tickets.administrators.tables import AdministratorChange
from core.tickets.holding import held_row
from core.tickets.office import Office
from core.tickets.tables import Entry, EntryAttachment, Intake, Ticket
from tests.harness.house import House, open_house

FILE = Path(__file__).with_name("matrix.txt")
DOMAIN = "instituicoes.example"
ROLES = {
    "nobody": "", "reader": "bruno@org-a.example", "key": "ana@org-a.example", "foreign": "carla@org-b.example",
    "adm": "adm@org-a.example", "fadm": "adela@org-b.example", "agent": f"clara@{DOMAIN}", "other": f"diego@{DOMAIN}",
    "lead": f"lia@{DOMAIN}", "dir": f"dora@{DOMAIN}", "admin": f"root@{DOMAIN}",
}  # fmt: skip
# What Org A's ticket says: nobody who may not read it finds this in any answer.
CANARY = "canario-da-matriz"
MAY_READ = {"key", "agent", "lead", "dir", "admin"}
# Shown to whoever asks, on loopback and without a relay only (INTERFACES.md §2).
DEMO_ONLY = ("/dev/outbox", "/dev/outbox/{name}", "/static")
pytestmark = pytest.mark.asyncio(loop_scope="module")


def rows() -> Iterator[tuple[str, str, dict[str, str]]]:
    for line in FILE.read_text("utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            method, route, *cells = line.split()
            yield method, route, dict(zip(ROLES, cells, strict=True))


ROWS = list(rows())


@dataclass
class World:
    """The counter, everybody's keys to it, and the objects of Org A."""

    house: House
    bearers: dict[str, dict[str, str]] = field(default_factory=dict)
    owners: dict[str, Agent | Person] = field(default_factory=dict)
    objects: dict[str, str] = field(default_factory=dict)

    async def ask(self, role: str, method: str, route: str, *, forged: bool = False) -> ClientResponse:
        """Ask as `role`: programs by token, browsers by a session of their own; `forged` leaves the CSRF token out."""
        path, fields = await self._path(route), {"text": "x"} if route.endswith("/entries") else {}
        if not is_page(route):
            headers = self.bearers.get(role, {})
            sent = {"json": fields} if method in ("POST", "PATCH", "PUT") else {}
            return await self.house.http.request(method, path, headers=headers, allow_redirects=False, **sent)
        headers, csrf = await self._session(role)
        data = fields | ({} if forged else {"csrf_token": csrf})
        sent = {"data": FormData(data, default_to_multipart=route.endswith("/entries"))} if method == "POST" else {}
        return await self.house.http.request(method, path, headers=headers, allow_redirects=False, **sent)

    async def _session(self, role: str) -> tuple[dict[str, str], str]:
        if role not in self.owners:
            return {}, "x"
        begun = await sessions.open_session(self.owners[role], clock.now())
        return {"Cookie": f"guiche={begun.cookie}"}, begun.csrf_token

    async def _path(self, route: str) -> str:
        if "/held/" in route or "/colleagues/" in route:
            self.objects["held"] = await hold(self.house, "colleagues" in route)
        if route.startswith("/alerts/"):
            self.objects["alert"] = await alert(self)
        if "/sessions/" in route:
            self.objects["session"] = await session_of_the_key_user(self)
        for name, value in self._values(route).items():
            route = route.replace(f"{{{name}}}", value)
        return route

    def _values(self, route: str) -> dict[str, str]:
        values = {name: self.objects[name] for name in ("protocol", "organization", "user")}
        values |= {"form": "contato", "bot": "guiche", "channel": "instagram", "receipt": "x", "token": "x"}
        values |= {"secret": "x", "action": "start", "act": "revoke", "person_id": self.objects["user"]}
        values |= {"user_id": self.objects["user"], "identity_id": self.objects["identity"], "merge_id": "999999"}
        for part, name in (
            ("/held/", "held"), ("/colleagues/", "held"), ("/attachments/", "attachment"),
            ("/administrator-changes/", "change"), ("/deliveries/", "delivery"),
            ("/entries/", "entry"), ("/people/", "user"), ("/organizations/", "organization"), ("/agents/", "agent"),
            ("/alerts/", "alert"), ("/sessions/", "session"),
        ):  # fmt: skip
            if part in route:
                return values | {"id": self.objects[name]}
        return values


def is_page(route: str) -> bool:
    return not route.startswith(("/api/", "/webhooks/", "/healthz", "/readyz", "/metrics"))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    folder, keys = tmp_path_factory.mktemp("matrix"), [Key("test", b"0" * 32)]
    office = Office(load_profile("instituicoes"), SigningKeys(keys), SealingKeys(keys), FileBlobs(folder / "blobs"))
    url = f"sqlite://{shutil.copy(migrated_sqlite, folder / 'guiche.sqlite3')}"
    async with open_database(url), open_house(office, folder) as house:
        world = World(house)
        await people(world)
        await matter(world)
        yield world


async def people(world: World) -> None:
    profile, now = world.house.office.profile, clock.now()
    await persons.add(NewPerson(ROLES["fadm"], "Org B", "Adela", None, "admin"), profile, SYSTEM, now)
    for role, email in ROLES.items():
        if not email:
            continue
        is_agent = email.endswith(DOMAIN)
        world.owners[role] = await (Agent if is_agent else Person).get(email=email)
        issue = tokens.issue_agent_token if is_agent else tokens.issue_user_token
        world.bearers[role] = {"Authorization": f"Bearer {await issue(email)}"}
    world.objects["organization"] = str((await Organization.get(name="Org A")).id)
    world.objects["user"] = str(world.owners["reader"].id)
    added = await agents.add(NewAgent(f"tina@{DOMAIN}", "n1"), profile, SYSTEM, now)
    world.objects["agent"] = str(added.id)
    world.objects["identity"] = str((await Identity.get(person_id=world.owners["reader"].id, kind="email")).id)


async def matter(world: World) -> None:
    """Ana's ticket with a file, as a mail that came in."""
    house = world.house
    file = Attachment(
        filename=f"{CANARY}.txt", content_type="text/plain", blob=await keep(house.office.blobs, CANARY.encode())
    )
    ticket: Ticket = await house.with_file(file)
    await Ticket.filter(id=ticket.id).update(title=CANARY)
    entry = await Entry.get(ticket_id=ticket.id)
    await Entry.filter(id=entry.id).update(text=CANARY, full_text=CANARY, html=f"<p>{CANARY}</p>", raw_digest=file.blob.digest)
    world.objects["change"] = await change_of_administrator(house)
    world.objects |= {
        "protocol": ticket.protocol, "entry": str(entry.id),
        "attachment": str((await EntryAttachment.get(entry_id=entry.id)).id),
        "delivery": str((await Delivery.filter(ticket_id=ticket.id).first()).id),  # type: ignore[union-attr]
    }  # fmt: skip


async def change_of_administrator(house: House) -> str:
    """What Org A's board asked for, announced to its administrators; its ticket lies in another sector."""
    ticket: Ticket = await house.file("Troca")
    await Ticket.filter(id=ticket.id).update(sector="administrativo", requester_id=None)
    asked = Asked(name="Nina", cpf="52998224725", email="nina@org-a.example")
    row = await AdministratorChange.create(
        ticket_id=ticket.id, organization_id=ticket.organization_id, state="announced", created_at=clock.now(),
        asked_sealed=sealed(asked, ticket.id, house.office.sealing), contest_until=clock.now() + timedelta(days=1),
        first_approval_by=1, second_approval_by=2,
    )  # fmt: skip
    return str(row.id)


async def alert(world: World) -> str:
    """A sign that somebody of Org A, who plays no role here, shares a password."""
    owner = await Person.get_or_none(email="beto@org-a.example") or await persons.add(
        NewPerson("beto@org-a.example", "Org A"), world.house.office.profile, SYSTEM, clock.now()
    )
    raised = await AccountAlert.create(kind="shared_password", person=owner, places=3, raised_at=clock.now())
    return str(raised.id)


async def session_of_the_key_user(world: World) -> str:
    await sessions.open_session(world.owners["key"], clock.now())
    return str((await Session.filter(person_id=world.owners["key"].id).order_by("-id").first()).id)  # type: ignore[union-attr]


async def hold(house: House, is_colleague: bool) -> str:
    """A held message of Org A's own, fresh for every decision about it."""
    from core.decision import Reason

    now, ana = clock.now(), await Person.get(email=ROLES["key"])
    reason = Reason.AWAITING_ADMINISTRATOR if is_colleague else Reason.SENDER_NOT_PROVEN
    author = f"colega-{new_id().hex}@org-a.example" if is_colleague else ana.email
    speaker = Speaker(organization_id=ana.organization_id) if is_colleague else Speaker(
        kind=SpeakerKind.PERSON, id=ana.id, email=ana.email, organization_id=ana.organization_id, may_speak=True
    )  # fmt: skip
    message = InboundMessage(
        intake_id=new_id(), channel="email", dedupe_key=new_id().hex, received_at=now, speaker=speaker,
        author=Address(email=author), authentication=Authentication.NONE, intent=Intent.OPEN, title="x", text="x",
    )  # fmt: skip
    row = held_row(message, reason, house.office)
    await row.save()
    await Intake.create(
        id=row.id, dedupe_key=f"held:{row.dedupe_key}", channel="email", outcome="held", reason=reason.value,
        received_at=now, decided_at=now,
    )  # fmt: skip
    return str(row.id)


def told(answer: ClientResponse) -> str:
    """The answer in the words of the matrix."""
    location = answer.headers.get("Location", "")
    if answer.status == 303 and location.startswith("/login"):
        return "door"
    return str(answer.status) if answer.status in (401, 403, 404, 405, 410) else "ok"


async def test_W10_every_route_of_the_counter_has_a_row_and_every_row_its_route(world: World) -> None:
    app: web.Application = world.house.app
    routes = {
        (route.method, route.resource.canonical) for route in app.router.routes()
        if route.resource is not None and route.method != "HEAD" and route.resource.canonical not in DEMO_ONLY
    }  # fmt: skip

    assert {(method, route) for method, route, _ in ROWS} == routes


@pytest.mark.parametrize(("method", "route", "expected"), ROWS, ids=[f"{method} {route}" for method, route, _ in ROWS])
async def test_W10_each_role_gets_exactly_what_the_matrix_says(
    world: World, method: str, route: str, expected: dict[str, str]
) -> None:
    found, leaked = {}, []
    for role in ROLES:
        answer = await world.ask(role, method, route)
        found[role] = told(answer)
        assert answer.status < 500, f"{role}: {answer.status}"
        if role not in MAY_READ and CANARY in await answer.text():
            leaked.append(role)

    assert found == expected
    assert leaked == []


CSRF = [
    (method, route, next(role for role, cell in cells.items() if cell == "ok"))
    for method, route, cells in ROWS
    if method == "POST" and is_page(route) and "ok" in cells.values()
]


@pytest.mark.parametrize(("method", "route", "role"), CSRF, ids=[route for _, route, _ in CSRF])
async def test_W07_no_page_acts_without_its_own_form(world: World, method: str, route: str, role: str) -> None:
    answer = await world.ask(role, method, route, forged=True)

    assert answer.status == 403


API = [
    (method, route, next(role for role, cell in cells.items() if cell == "ok"))
    for method, route, cells in ROWS
    if method != "GET" and not is_page(route) and "ok" in cells.values()
]


@pytest.mark.parametrize(("method", "route", "role"), API, ids=[f"{method} {route}" for method, route, _ in API])
async def test_W07_a_session_does_nothing_by_the_api_without_its_token(
    world: World, method: str, route: str, role: str
) -> None:
    headers, csrf = await world._session(role)
    path = await world._path(route)

    forged = await world.house.http.request(method, path, headers=headers, json={})
    assert (forged.status, json.loads(await forged.text())["code"]) == (403, "not_authorized")

    meant = await world.house.http.request(method, await world._path(route), headers=headers | {"X-CSRF-Token": csrf}, json={})
    assert meant.status not in (401, 403)


