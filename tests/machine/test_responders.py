"""Vacation answers and other machines on a ticket: stored and shown, reopening nothing, told to no responder."""

import pytest

from core import clock
from core.decision import Verdict
from core.deliveries import Delivery
from core.message import Claim, ClaimKind
from core.policy import admission
from core.tickets.intake import file_batch
from core.tickets.office import Office
from core.tickets.tables import Entry, Event, Held, Status, Ticket
from tests.tickets.conftest import Cast, Say, token_claim


def to_return_path(ticket: Ticket) -> Claim:
    return Claim(kind=ClaimKind.MESSAGE_ID, ticket_id=ticket.id, internal=True)


@pytest.mark.parametrize(
    ("was", "is_now"),
    [("closed", "closed"), ("cancelled", "cancelled"), ("awaiting_customer", "open"), ("open", "open")],
)
@pytest.mark.parametrize("by", ["reply address", "return path"])
async def test_L01_L05_a_machine_of_the_customers_is_kept_and_shown_and_takes_nothing_up_again(
    office: Office, cast: Cast, ticket: Ticket, say: Say, was: str, is_now: str, by: str
) -> None:
    over = clock.now() if was in ("closed", "cancelled") else None
    await Ticket.filter(id=ticket.id).update(status=Status(was), closed_at=over)
    before = await Delivery.all().count()
    claim = token_claim(ticket.id, cast.ana) if by == "reply address" else to_return_path(ticket)

    await file_batch([say(cast.ana, "Estou de férias.", claims=(claim,), is_automatic=True)], office, clock.now())

    entry = await Entry.get(seq=2)
    assert (entry.kind, entry.visibility, entry.text) == ("inbound", "public", "Estou de férias.")
    assert (await Ticket.get()).status == is_now
    told = await Delivery.all().order_by("-id").limit(await Delivery.all().count() - before)
    assert {each.recipient_kind for each in told} == {"agent"}


async def test_L01_another_customers_responder_at_the_return_path_is_held(
    office: Office, cast: Cast, ticket: Ticket, say: Say
) -> None:
    claims = (to_return_path(ticket),)
    await file_batch([say(cast.carla, claims=claims, is_automatic=True)], office, clock.now())

    assert (await Held.get()).reason == "no_standing"
    assert await Entry.all().count() == 1


@pytest.mark.parametrize("by", ["reply address", "note address", "return path"])
@pytest.mark.parametrize("text", ["Estou de férias.", "", "#encerrar já", "#xyz"])
async def test_an_agents_responder_stays_internal_obeys_nothing_and_notifies_nobody(
    office: Office, cast: Cast, ticket: Ticket, say: Say, by: str, text: str
) -> None:
    before = await Delivery.all().count()
    claim = to_return_path(ticket)
    if by != "return path":
        claim = token_claim(ticket.id, cast.clara, internal=by == "note address")
    message = say(cast.clara, text, claims=(claim,), is_automatic=True)
    assert admission.judge(message, office.profile).verdict is Verdict.ACCEPT

    await file_batch([message], office, clock.now())

    entry = await Entry.get(seq=2)
    assert (entry.kind, entry.visibility, entry.author_role) == ("note", "internal", "agent")
    assert await Delivery.all().count() == before
    assert (await Event.all().order_by("-version").first()).kind == "auto_replied"
    assert (await Ticket.get()).status == "open"


async def test_T08_an_agents_responder_binds_to_no_ticket_of_another_sector(
    office: Office, cast: Cast, ticket: Ticket, say: Say
) -> None:
    claims = (to_return_path(ticket),)
    await file_batch([say(cast.diego, claims=claims, is_automatic=True)], office, clock.now())

    assert (await Held.get()).reason == "no_standing"


async def test_T08_an_agents_own_words_at_a_return_path_are_held(
    office: Office, cast: Cast, ticket: Ticket, say: Say
) -> None:
    message = say(cast.clara, claims=(to_return_path(ticket),))
    assert admission.judge(message, office.profile).verdict is Verdict.HOLD
