"""Agents' rights, sector x action: what Diego of n2 meets on a ticket of n1, by every route (POL07, W21)."""

import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from aiohttp import FormData

from core import clock
from core.attachments import keep
from core.audit import AuditRow
from core.deliveries import Delivery
from core.errors import InvalidFields
from core.message import Attachment, Blob
from core.people import agents, sessions
from core.people.actor import SYSTEM
from core.people.actors import actor_of_agent
from core.people.agent_rights import AgentRights, rights_of, set_rights
from core.people.tables import Agent
from core.tickets.addressing import address
from core.tickets.intake import file_batch
from core.tickets.office import Office
from core.tickets.rights import may_read, readable
from core.tickets.tables import Entry, EntryAttachment, Held, Ticket
from tests.harness.house import House, open_house
from tests.tickets.conftest import Cast, Say, token_claim

LEVELS = ("none", "read", "note", "work")
CANARY = "canario-de-n1"
DIEGO = "diego@instituicoes.example"


async def allow(level: str, office: Office, email: str = DIEGO, sector: str = "n1") -> Agent:
    return await set_rights(AgentRights(email, {sector: "" if level == "none" else level}), office.profile, SYSTEM, clock.now())


@dataclass
class World:
    """The counter, and Ana's ticket in n1 with a file and a failed delivery."""

    house: House
    ticket: Ticket
    ids: dict[str, str]

    async def ask(self, method: str, route: str, body: dict[str, object]) -> tuple[int, str]:
        """Ask as Diego: a program by its token, a page by a session of his."""
        path = route.format(**self.ids)
        if path.startswith("/api/"):
            sent = {"json": body} if method == "POST" else {}
            headers = await self.house.agent("diego")
        else:
            begun = await sessions.open_session(await Agent.get(email=DIEGO), clock.now())
            fields = FormData({**body, "csrf_token": begun.csrf_token}, default_to_multipart=path.endswith("/entries"))
            sent = {"data": fields} if method == "POST" else {}
            headers = {"Cookie": f"guiche={begun.cookie}"}
        answer = await self.house.http.request(method, path, headers=headers, allow_redirects=False, **sent)
        return answer.status, await answer.text(errors="replace")


@pytest.fixture
async def world(office: Office, tmp_path) -> AsyncIterator[World]:
    async with open_house(office, tmp_path) as house:
        content = b"\x89PNG " + CANARY.encode()
        blob = Blob(digest=hashlib.sha256(content).hexdigest(), size=len(content), content=content)
        file = Attachment(filename="a.png", content_type="image/png", blob=blob)
        raw = await keep(office.blobs, f"Subject: {CANARY}\r\n\r\n{CANARY}".encode())
        ticket = await house.file(CANARY, CANARY, attachments=(file,), raw=raw, html=f"<p>{CANARY}</p>")
        entry = await Entry.get(ticket_id=ticket.id)
        delivery = await Delivery.filter(ticket_id=ticket.id).first()
        await Delivery.filter(id=delivery.id).update(state="failed")
        ids = {
            "protocol": ticket.protocol, "entry": str(entry.id), "delivery": str(delivery.id), "action": "start",
            "file": str((await EntryAttachment.get(entry_id=entry.id)).id), "intake": str(entry.intake_id), "person": "0",
        }  # fmt: skip
        yield World(house, ticket, ids)


NOTE, REPLY = {"text": "x", "visibility": "internal"}, {"text": "x", "visibility": "public"}
VERSION = {"version": "99999"}
T, C = "/api/v1/tickets/{protocol}", "/console/tickets/{protocol}"
# Each route that names a ticket or a part of one: what is sent, and the statuses for nothing allowed, read, note, work.
ROUTES = [
    ("GET", T, {}, (404, 200, 200, 200)),
    ("GET", f"{T}/log", {}, (404, 200, 200, 200)),
    ("POST", f"{T}/entries", NOTE, (404, 404, 201, 201)),
    ("POST", f"{T}/entries", REPLY, (404, 404, 404, 201)),
    ("POST", f"{T}/{{action}}", {}, (404, 404, 404, 200)),
    ("POST", f"{T}/deliveries/{{delivery}}/retry", {}, (404, 404, 404, 200)),
    ("POST", f"{T}/entries/{{entry}}/undo", {}, (404, 404, 404, 404)),
    ("POST", f"{T}/participants", {"email": "x@y.example"}, (404, 404, 404, 422)),
    ("DELETE", f"{T}/participants/{{person}}", {}, (404, 404, 404, 404)),
    ("GET", "/api/v1/attachments/{file}", {}, (404, 200, 200, 200)),
    ("GET", "/api/v1/entries/{entry}/raw", {}, (404, 200, 200, 200)),
    ("POST", "/api/v1/entries/{entry}/reveal", {}, (404, 404, 404, 200)),
    ("GET", C, {}, (404, 200, 200, 200)),
    ("GET", f"{C}/entries/{{entry}}/html", {}, (404, 200, 200, 200)),
    ("POST", f"{C}/entries", NOTE, (404, 404, 303, 303)),
    ("POST", f"{C}/entries", REPLY, (404, 404, 404, 303)),
    ("POST", f"{C}/close", VERSION, (404, 404, 404, 409)),
    ("POST", f"{C}/reopen", VERSION, (404, 404, 404, 409)),
    ("POST", f"{C}/entries/{{entry}}/undo", {}, (404, 404, 404, 404)),
    ("POST", f"{C}/entries/{{entry}}/reveal", {}, (404, 404, 404, 200)),
    ("POST", f"{C}/deliveries/{{delivery}}/retry", {}, (404, 404, 404, 303)),
    ("POST", f"{C}/participants", {"participant": "x@y.example"}, (404, 404, 404, 422)),
    ("POST", f"{C}/participants/{{person}}/remove", {}, (404, 404, 404, 404)),
]


@pytest.mark.parametrize("level", LEVELS)
async def test_W21_a_ticket_of_another_sector_answers_as_the_level_says_by_every_route(world: World, level: str) -> None:
    await allow(level, world.house.office)
    wrong = {}
    for method, route, body, expected in ROUTES:
        # What one route does, such as taking the ticket, must not help the next.
        await Ticket.filter(id=world.ticket.id).update(agent_id=None)
        await Delivery.filter(id=world.ids["delivery"]).update(state="failed")
        status, text = await world.ask(method, route, body)
        if status != expected[LEVELS.index(level)]:
            wrong[method, route] = status
        if status == 404 and CANARY in text:
            wrong[method, route] = CANARY
    assert wrong == {}


async def test_W21_no_route_of_a_ticket_is_missing_from_the_table(world: World) -> None:
    named = {
        (route.method, route.resource.canonical) for route in world.house.app.router.routes()
        if route.resource is not None and route.method != "HEAD"
        and ("{protocol}" in route.resource.canonical or route.resource.canonical.startswith(("/api/v1/attachments/", "/api/v1/entries/")))
    }  # fmt: skip
    # The card of a change of administrator has its own table (tests/administrators).
    named = {(method, path) for method, path in named if "administrator" not in path}
    asked = {(method, canonical(route)) for method, route, _, _ in ROUTES}

    assert asked == named


def canonical(route: str) -> str:
    for ours, theirs in (("{entry}", "{id}"), ("{delivery}", "{id}"), ("{file}", "{id}"), ("{person}", "{person_id}")):
        route = route.replace(ours, theirs)
    return route


LISTS = [
    "/api/v1/tickets", "/api/v1/tickets?view=open", f"/api/v1/tickets?q={CANARY}", "/api/v1/tickets?q={protocol}",
    "/api/v1/tickets?sector=n1", "/api/v1/tickets?organization=Org%20A", "/api/v1/tickets?delivery=failed",
    "/console/?view=all", f"/console/?view=all&q={CANARY}", "/console/?view=all&delivery=failed",
]  # fmt: skip


@pytest.mark.parametrize("level", LEVELS)
async def test_W21_lists_and_searches_show_it_from_reading_on(world: World, level: str) -> None:
    await allow(level, world.house.office)

    for route in LISTS:
        status, text = await world.ask("GET", route, {})
        assert status == 200
        assert (world.ticket.protocol in text.replace(f'value="{world.ticket.protocol}"', "")) == (level != "none"), route


@pytest.mark.parametrize("level", LEVELS)
async def test_W21_the_next_one_and_what_is_pending_are_of_sectors_one_works_in(world: World, level: str) -> None:
    await allow(level, world.house.office)

    status, text = await world.ask("GET", "/api/v1/tickets/next", {})
    assert (status, world.ticket.protocol in text) == ((200, True) if level == "work" else (404, False))
    await Ticket.filter(id=world.ticket.id).update(status="pending")
    _, text = await world.ask("GET", "/api/v1/tickets?view=pending", {})
    assert (world.ticket.protocol in text) == (level == "work")


@pytest.mark.parametrize("level", LEVELS)
async def test_W21_the_ledger_finds_no_words_of_what_one_may_not_read(world: World, level: str) -> None:
    await allow(level, world.house.office)

    for route in ("/api/v1/intake?q=", "/console/received?q="):
        for words in (CANARY, world.ticket.protocol):
            _, text = await world.ask("GET", route + words, {})
            told = json.loads(text)["items"] if route.startswith("/api") else "/console/tickets/" in text
            assert bool(told) == (level != "none"), (route, words)
        # By its own id the row is there for whoever looks after the mail, without the protocol.
        _, text = await world.ask("GET", route + world.ids["intake"], {})
        assert (world.ticket.protocol in text) == (level != "none")


async def test_W21_links_and_suggestions_name_only_what_one_may_read(world: World) -> None:
    own = await world.house.file("Outro", "olá")
    await Ticket.filter(id=own.id).update(sector="n2", linked_to_id=world.ticket.id, title=CANARY)
    later = await world.house.file("Mais um", "olá")
    await Ticket.filter(id=later.id).update(linked_to_id=own.id)

    async def told() -> tuple[list[object], list[object]]:
        _, text = await world.ask("GET", f"/api/v1/tickets/{own.protocol}", {})
        shown = json.loads(text)
        return shown["links"], [each for each in shown["suggestions"] if each["kind"] == "same_subject"]

    assert await told() == ([], [])
    await allow("read", world.house.office)
    assert await told() == (
        [{"protocol": world.ticket.protocol, "kind": "continues"}, {"protocol": later.protocol, "kind": "continued_by"}],
        [{"kind": "same_subject", "protocol": world.ticket.protocol}],
    )


@pytest.mark.parametrize(("level", "forms"), [("read", 0), ("note", 1), ("work", 2)])
async def test_the_page_offers_only_what_one_may_do(world: World, level: str, forms: int) -> None:
    await allow(level, world.house.office)
    _, text = await world.ask("GET", C, {})
    _, api = await world.ask("GET", T, {})

    assert text.count('name="visibility"') == forms
    assert ("/close" in text, "/participants" in text, "/retry" in text) == ((level == "work"),) * 3
    assert json.loads(api)["may"] == level


# Every pair of level and ticket: the query that lists and the rule that opens say the same.
@pytest.mark.parametrize("who", ["clara", "diego", "lia"])
@pytest.mark.parametrize("level", LEVELS)
async def test_the_list_and_the_rule_agree(office: Office, cast: Cast, say: Say, who: str, level: str) -> None:
    await file_batch([say(cast.ana) for _ in range(4)], office, clock.now())
    one, two, three, _ = await Ticket.all().order_by("id")
    await Ticket.filter(id=one.id).update(sector="n2")
    await Ticket.filter(id=two.id).update(sector="produto", agent_id=cast.diego.id)
    await Ticket.filter(id=three.id).update(sector="produto")
    agent = getattr(cast, who)
    if level != "none" and agent.sector != "produto":
        agent = await allow(level, office, agent.email, "produto")
    actor = actor_of_agent(agent)

    listed = {ticket.id for ticket in await readable(actor, office.profile)}
    assert listed == {ticket.id for ticket in await Ticket.all() if await may_read(actor, ticket, office.profile)}
    assert (three.id in listed) == (level != "none")


async def test_rights_change_sector_by_sector_and_tell_before_and_after(office: Office, cast: Cast) -> None:
    await allow("work", office)
    await allow("read", office, sector="produto")
    await allow("note", office)
    agent = await allow("note", office)

    assert agents.row(agent)["also"] == {"n1": "note", "produto": "read"}
    rows = await AuditRow.filter(action="agent_rights_changed").order_by("id")
    assert [(row.actor, row.object_id, row.before, row.after) for row in rows] == [
        ("system", f"agent:{cast.diego.id}", "", "n1:work"),
        ("system", f"agent:{cast.diego.id}", "n1:work", "n1:work produto:read"),
        ("system", f"agent:{cast.diego.id}", "n1:work produto:read", "n1:note produto:read"),
    ]
    await allow("none", office)
    await allow("none", office, sector="produto")
    assert rights_of((await Agent.get(id=cast.diego.id)).also) == {}


@pytest.mark.parametrize(
    ("sector", "level", "field"), [("n1", "write", "level"), ("nada", "read", "sector"), ("n2", "read", "sector")]
)
async def test_what_makes_no_sense_is_not_allowed(office: Office, cast: Cast, sector: str, level: str, field: str) -> None:
    with pytest.raises(InvalidFields) as refused:
        await allow(level, office, sector=sector)

    assert list(refused.value.errors) == [field]
    assert (await Agent.get(id=cast.diego.id)).also == ""


async def test_what_a_profile_no_longer_has_may_be_taken_away(office: Office, cast: Cast) -> None:
    await Agent.filter(id=cast.diego.id).update(also="extinto:work n1:read")

    assert agents.row(await allow("none", office, sector="extinto"))["also"] == {"n1": "read"}


MAILS = {
    # What Diego's mail says, and whether it is filed as a note, obeyed, refused with a letter, or held.
    "a note": ("#nota\nvi isto", {"none": "held", "read": "held", "note": "note", "work": "note"}),
    "an answer": ("Bom dia", {"none": "held", "read": "held", "note": "told", "work": "reply"}),
    "a command": ("#assumir\n#nota\nmeu", {"none": "held", "read": "held", "note": "told", "work": "note"}),
    "closing": ("#encerrar\npronto", {"none": "held", "read": "held", "note": "told", "work": "reply"}),
}


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(("text", "expected"), MAILS.values(), ids=MAILS)
async def test_POL07_an_agents_mail_does_what_his_level_says(
    office: Office, cast: Cast, say: Say, text: str, expected: dict[str, str], level: str
) -> None:
    await file_batch([say(cast.ana)], office, clock.now())
    ticket = await Ticket.get()
    await allow(level, office, cast.diego.email)

    await file_batch([say(cast.diego, text, claims=(token_claim(ticket.id, cast.diego),))], office, clock.now())

    entry = await Entry.filter(author_role="agent").first()
    told = await Delivery.get_or_none(kind="command_refused")
    outcome = "held" if await Held.exists() else entry.kind if entry else "told" if told else "nothing"
    assert outcome == expected[level]
    if outcome in ("held", "told"):
        left = await Ticket.get()
        assert (left.status, left.agent_id, left.entry_count) == ("open", None, 1)
    if told:
        # He hears why: who may keep notes may have it.
        assert hasattr((await address([told], office, clock.now()))[told.id], "address")


async def test_notices_of_a_ticket_go_to_its_own_sector_alone(office: Office, cast: Cast, say: Say) -> None:
    await allow("work", office, cast.diego.email)
    await file_batch([say(cast.ana)], office, clock.now())

    heard = await Delivery.filter(recipient_kind="agent").values_list("recipient_id", flat=True)
    assert set(heard) == {cast.clara.id, cast.lia.id}
