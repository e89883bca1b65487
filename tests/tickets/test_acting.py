"""The actions of API and console: what each does, and to whom it is refused."""

import base64
import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from core import clock
from core.decision import Reason
from core.deliveries import Delivery
from core.errors import InvalidFields, Refused
from core.people.actor import Actor, ActorKind
from core.people.tables import Identity
from core.tickets.acting import ActionBody, act
from core.tickets.intake import file_batch
from core.tickets.list_query import ListQuery
from core.tickets.office import Office
from core.tickets.opening import NewTicket, open_by_agent
from core.tickets.replying import EntryDraft, add_entry
from core.tickets.tables import Entry, Event, Ticket
from core.tickets.views import log_view, ticket_view
from core.tickets.worklist import list_tickets, next_ticket
from tests.tickets.conftest import Cast, Say, acting


@pytest.fixture
async def ticket(office: Office, cast: Cast, say: Say) -> Ticket:
    """A ticket of Ana's, waiting in n1."""
    await file_batch([say(cast.ana, "Não imprime", title="Impressora")], office, clock.now())
    await Delivery.all().delete()
    return await Ticket.get()


async def deliveries() -> set[tuple[str, str, int]]:
    return {(row.kind, row.recipient_kind, row.recipient_id) for row in await Delivery.all()}


async def test_an_agents_reply_awaits_the_customer_and_leaves_the_house(
    office: Office, cast: Cast, ticket: Ticket
) -> None:
    await add_entry(ticket.protocol, EntryDraft("Já vemos"), acting(cast.clara), office)

    assert (await Ticket.get()).status == "awaiting_customer"
    assert await deliveries() == {("reply", "person", cast.ana.id)}


async def test_a_note_tells_only_the_other_agents(office: Office, cast: Cast, ticket: Ticket) -> None:
    await add_entry(ticket.protocol, EntryDraft("só nós", "internal"), acting(cast.clara), office)

    assert (await Ticket.get()).status == "open"
    assert await deliveries() == {("note_notice", "agent", cast.lia.id)}


async def test_T22_a_foreign_ticket_does_not_exist(office: Office, cast: Cast, ticket: Ticket) -> None:
    for stranger in (acting(cast.diego), Actor(ActorKind.PERSON, cast.carla.id, may_speak=True)):
        for attempt in (
            ticket_view(ticket.protocol, stranger, office.profile),
            add_entry(ticket.protocol, EntryDraft("oi"), stranger, office),
        ):
            with pytest.raises(Refused) as refused:
                await attempt
            assert refused.value.reason is Reason.NOT_FOUND


async def test_a_customer_sees_public_entries_alone(office: Office, cast: Cast, ticket: Ticket) -> None:
    await add_entry(ticket.protocol, EntryDraft("só nós", "internal"), acting(cast.clara), office)
    ana = Actor(ActorKind.PERSON, cast.ana.id, cast.ana.email, organization_id=1, may_speak=True)

    shown = await ticket_view(ticket.protocol, ana, office.profile)

    assert [entry["text"] for entry in shown["entries"]] == ["Não imprime"]
    assert "deliveries" not in shown


async def test_W11_a_customers_entry_is_public_whatever_he_asks(office: Office, cast: Cast, ticket: Ticket) -> None:
    ana = Actor(ActorKind.PERSON, cast.ana.id, cast.ana.email, "ana", organization_id=1, may_speak=True)

    await add_entry(ticket.protocol, EntryDraft("mais um dado", "internal"), ana, office)

    entry = await Entry.get(seq=2)
    assert (entry.visibility, entry.author_role, entry.kind) == ("public", "customer", "inbound")


async def test_close_needs_a_resolution_and_tells_the_customer(office: Office, cast: Cast, ticket: Ticket) -> None:
    with pytest.raises(InvalidFields) as invalid:
        await act(ticket.protocol, "close", ActionBody(), acting(cast.clara), office)
    assert list(invalid.value.errors) == ["fields.resolution"]

    await act(ticket.protocol, "close", ActionBody(fields={"resolution": "Cabo trocado"}), acting(cast.clara), office)

    closed = await Ticket.get()
    assert closed.status == "closed" and closed.closed_at is not None
    assert await deliveries() == {("closed", "person", cast.ana.id)}


async def test_a_stale_version_changes_nothing(office: Office, cast: Cast, ticket: Ticket) -> None:
    with pytest.raises(Refused) as refused:
        await act(ticket.protocol, "start", ActionBody(version=ticket.version - 1), acting(cast.clara), office)

    assert refused.value.reason is Reason.STALE_VERSION
    assert (await Ticket.get()).version == ticket.version


async def test_forwarding_hands_the_ticket_and_its_note_to_the_other_sector(
    office: Office, cast: Cast, ticket: Ticket
) -> None:
    await act(ticket.protocol, "forward", ActionBody(sector="n2", text="veja"), acting(cast.clara), office)

    assert (await Ticket.get()).sector == "n2"
    assert await deliveries() == {("note_notice", "agent", cast.diego.id)}


@pytest.mark.parametrize(
    ("action", "body", "field"),
    [
        ("forward", ActionBody(), "sector"),
        ("forward", ActionBody(sector="lua"), "sector"),
        ("assign", ActionBody(agent="ninguem@x.example"), "agent"),
        ("pending", ActionBody(), "reason"),
        ("cancel", ActionBody(), "reason"),
        ("classify", ActionBody(fields={"priority": "urgente"}), "fields.priority"),
        ("classify", ActionBody(fields={"category": "nada"}), "fields.category"),
        ("classify", ActionBody(), "fields"),
    ],
)
async def test_what_is_missing_is_named_by_its_path(
    office: Office, cast: Cast, ticket: Ticket, action: str, body: ActionBody, field: str
) -> None:
    with pytest.raises(InvalidFields) as invalid:
        await act(ticket.protocol, action, body, acting(cast.clara), office)

    assert list(invalid.value.errors) == [field]
    assert await Event.all().count() == 1


async def test_work_begun_cannot_be_cancelled_any_more(office: Office, cast: Cast, ticket: Ticket) -> None:
    await act(ticket.protocol, "start", ActionBody(), acting(cast.clara), office)

    with pytest.raises(Refused) as refused:
        await act(ticket.protocol, "cancel", ActionBody(reason="engano"), acting(cast.clara), office)
    assert refused.value.reason is Reason.INVALID_TRANSITION


async def test_the_day_of_a_ticket(office: Office, cast: Cast, ticket: Ticket) -> None:
    clara = acting(cast.clara)
    for action, body, status in (
        ("start", ActionBody(), "open"),
        ("pending", ActionBody(reason="aguarda peça"), "pending"),
        ("resume", ActionBody(), "open"),
        ("classify", ActionBody(fields={"category": "manutencao", "priority": "high"}), "open"),
        ("assign", ActionBody(agent=cast.lia.email), "open"),
        ("release", ActionBody(), "open"),
        ("close", ActionBody(fields={"resolution": "feito"}), "closed"),
        ("reopen", ActionBody(), "open"),
    ):
        await act(ticket.protocol, action, body, clara, office)
        assert (await Ticket.get()).status == status

    log = await log_view(ticket.protocol, clara, office.profile)
    assert log[0]["action"] == "opened"
    assert {row["who"] for row in log} == {cast.ana.email, cast.clara.email}


async def test_agents_may_not_open_where_the_profile_says_so(office: Office, cast: Cast) -> None:
    new = NewTicket(requester=cast.ana.email, title="t", text="x")
    with pytest.raises(Refused) as refused:
        await open_by_agent(new, acting(cast.clara), office)
    assert refused.value.reason is Reason.AGENT_MAY_NOT_OPEN


async def test_an_agent_opens_for_a_registered_customer(office: Office, cast: Cast) -> None:
    access = office.profile.access.model_copy(update={"agents_may_open": True})
    profile = office.profile.model_copy(update={"access": access})
    office = Office(profile, office.signing, office.sealing, office.blobs)
    await Identity.create(person=cast.ana, kind="email", key=cast.ana.email, created_at=clock.now())
    new = NewTicket(requester=cast.ana.email, title="Novo", text="texto", affected_customer="Loja 3")

    changed = await open_by_agent(new, acting(cast.clara), office)

    assert (await Ticket.get(id=changed.ticket_id)).affected_customer == "Loja 3"
    assert ("acknowledgement", "person", cast.ana.id) in await deliveries()
    with pytest.raises(InvalidFields) as invalid:
        await open_by_agent(NewTicket(requester="x@y.example", title="", text=""), acting(cast.clara), office)
    assert sorted(invalid.value.errors) == ["requester", "text", "title"]


async def test_the_work_list_goes_started_first_then_priority_then_oldest(
    office: Office, cast: Cast, ticket: Ticket, say: Say
) -> None:
    await file_batch([say(cast.ana, title=name) for name in ("b", "c", "d")], office, clock.now())
    clara = acting(cast.clara)
    _, second, third, fourth = await Ticket.all().order_by("id")
    await act(fourth.protocol, "start", ActionBody(), clara, office)
    await act(third.protocol, "classify", ActionBody(fields={"priority": "high"}), clara, office)

    seen, cursor = [], ""
    while cursor is not None:
        given = {"limit": "1"} | ({"cursor": cursor} if cursor else {})
        page = await list_tickets(ListQuery.parse(given), clara, office.profile)
        seen += [item["number"] for item in page.items]
        cursor = page.next

    assert seen == [fourth.id, third.id, ticket.id, second.id]
    assert (await next_ticket(clara, office.profile) or {})["number"] == fourth.id
    assert (await list_tickets(ListQuery(), acting(cast.diego), office.profile)).items == []


@pytest.mark.parametrize("order", ["work", "customer", "agent", "opened_at", "number", "protocol", "title"])
async def test_every_order_pages_through_all_tickets_once(
    office: Office, cast: Cast, ticket: Ticket, say: Say, order: str
) -> None:
    await file_batch([say(cast.ana, title="igual"), say(cast.bea, title="igual")], office, clock.now())
    clara = acting(cast.clara)
    await act(ticket.protocol, "assign", ActionBody(agent=cast.lia.email), clara, office)

    first = await list_tickets(ListQuery.parse({"order": order, "limit": "2"}), clara, office.profile)
    rest = await list_tickets(
        ListQuery.parse({"order": order, "limit": "2", "cursor": first.next or ""}), clara, office.profile
    )

    assert sorted(item["number"] for item in first.items + rest.items) == [1, 2, 3]
    assert rest.next is None


@pytest.mark.parametrize(
    "given",
    [
        {"view": "x"}, {"order": "password"}, {"limit": "0"}, {"limit": "٣"}, {"cursor": "!!"}, {"cursor": "W10"},
        {"opened_from": "ontem"}, {"nada": "1"}, {"q": "a\x00"}, {"q": "a" * 201}, {"sector": "x" * 65},
        {"opened_from": "0001-01-01T00:00:00+03:00"}, {"opened_to": "9999-12-31"},
    ],
)  # fmt: skip
def test_W13_a_query_that_makes_no_sense_is_named(given: dict[str, str]) -> None:
    with pytest.raises(InvalidFields) as invalid:
        ListQuery.parse(given)
    assert list(invalid.value.errors) == list(given)


@pytest.mark.parametrize(
    "key",
    [
        ["title", "\ud800", 1], ["title", "a\x00", 1], ["title", "a", 2**31], ["title", "a", True], ["title", "a", -1],
        ["title", 1, 1], ["work_rank", "a", 1],
    ],
)  # fmt: skip
def test_W13_a_made_up_cursor_never_reaches_the_database(key: list[object]) -> None:
    cursor = base64.urlsafe_b64encode(json.dumps(key).encode()).decode()
    with pytest.raises(InvalidFields) as invalid:
        ListQuery.parse({"order": "title", "cursor": cursor})
    assert list(invalid.value.errors) == ["cursor"]


def test_the_last_day_of_a_span_belongs_to_it() -> None:
    query = ListQuery.parse({"opened_from": "2026-11-22", "opened_to": "2026-11-22"}, ZoneInfo("America/Sao_Paulo"))

    assert query.opened_from == datetime(2026, 11, 22, 3, tzinfo=UTC)
    assert query.opened_to == datetime(2026, 11, 23, 3, tzinfo=UTC) - timedelta.resolution


async def test_pending_is_what_waits_in_ones_own_sector(office: Office, cast: Cast, ticket: Ticket) -> None:
    clara = acting(cast.clara)
    await act(ticket.protocol, "pending", ActionBody(reason="peça"), clara, office)
    pending = ListQuery.parse({"view": "pending"})
    assert len((await list_tickets(pending, clara, office.profile)).items) == 1

    await act(ticket.protocol, "forward", ActionBody(sector=cast.diego.sector), clara, office)

    assert (await list_tickets(pending, clara, office.profile)).items == []
    assert len((await list_tickets(ListQuery(), clara, office.profile)).items) == 1


async def test_the_log_names_agents_by_address(office: Office, cast: Cast, ticket: Ticket) -> None:
    clara = acting(cast.clara)
    await act(ticket.protocol, "assign", ActionBody(agent=cast.lia.email), clara, office)
    await act(ticket.protocol, "release", ActionBody(), clara, office)

    rows = [row for row in await log_view(ticket.protocol, clara, office.profile) if row["field"] == "agent"]

    assert [(row["before"], row["after"]) for row in rows] == [(None, cast.lia.email), (cast.lia.email, None)]


@pytest.mark.parametrize("protocol", ["a\x00b", "x" * 65, "x" * 5000])
async def test_what_no_protocol_can_be_is_not_found(office: Office, cast: Cast, protocol: str) -> None:
    with pytest.raises(Refused) as refused:
        await ticket_view(protocol, acting(cast.clara), office.profile)
    assert refused.value.reason is Reason.NOT_FOUND


async def test_a_reason_longer_than_its_field_is_refused(office: Office, cast: Cast, ticket: Ticket) -> None:
    with pytest.raises(InvalidFields) as invalid:
        await act(
            ticket.protocol, "classify", ActionBody(fields={"reason": "y" * 65}), acting(cast.clara), office
        )
    assert list(invalid.value.errors) == ["fields.reason"]


async def test_who_hands_a_ticket_on_without_a_word_still_reads_it(
    office: Office, cast: Cast, ticket: Ticket
) -> None:
    clara = acting(cast.clara)
    await act(ticket.protocol, "forward", ActionBody(sector=cast.diego.sector), clara, office)

    assert (await ticket_view(ticket.protocol, clara, office.profile))["sector"] == cast.diego.sector
    assert len((await list_tickets(ListQuery(), clara, office.profile)).items) == 1
    with pytest.raises(Refused) as refused:
        await act(ticket.protocol, "start", ActionBody(), clara, office)
    assert refused.value.reason is Reason.NOT_FOUND
