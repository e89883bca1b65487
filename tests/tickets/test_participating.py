"""Participants change by rule or by an agent who may work on the ticket, and by nothing else."""

import asyncio
from dataclasses import replace

import pytest

from core import clock
from core.deliveries import Delivery, DeliveryState
from core.errors import InvalidFields, Refused
from core.people.actor import Actor, ActorKind
from core.people.tables import Agent, Identity, Person
from core.profile import Profile
from core.tickets import undoing
from core.tickets.addressing import address
from core.tickets.intake import file_batch
from core.tickets.office import Office
from core.tickets.participating import add_participant, remove_participant
from core.tickets.replying import EntryDraft, add_entry
from core.tickets.tables import Event, Participant, Ticket
from core.tickets.views import log_view, ticket_view
from tests.tickets.conftest import Cast, Say, acting, token_claim


@pytest.fixture
async def ticket(office: Office, cast: Cast, say: Say) -> Ticket:
    """Ana's ticket in n1, and addresses of everybody."""
    for person in (cast.ana, cast.bea, cast.carla):
        await Identity.create(kind="email", key=person.email, person=person, created_at=clock.now())
    await file_batch([say(cast.ana)], office, clock.now())
    return await Ticket.get()


async def heard(kind: str = "reply") -> list[int]:
    rows = Delivery.filter(kind=kind, recipient_kind="person").order_by("recipient_id")
    return [row.recipient_id for row in await rows]


async def test_an_agent_lets_a_colleague_in_who_then_hears_of_answers(office, cast, ticket) -> None:
    clara = acting(cast.clara)
    await add_participant(ticket.protocol, cast.bea.email.upper(), clara, office)
    await add_entry(ticket.protocol, EntryDraft("olá"), clara, office)

    assert await heard() == sorted([cast.ana.id, cast.bea.id])
    shown = (await ticket_view(ticket.protocol, clara, office.profile))["participants"]
    assert shown == [
        {"id": cast.bea.id, "name": "bea", "email": cast.bea.email, "added_by": cast.clara.email,
         "added_at": shown[0]["added_at"]}
    ]  # fmt: skip
    # Letting somebody in tells nobody of what was said before.
    event = await Event.get(kind="participant_added")
    assert event.changes == {"participant_id": [None, str(cast.bea.id)]}
    assert not await Delivery.filter(event_id=event.id).exists()


async def test_the_log_names_who_came_and_went_by_address(office, cast, ticket) -> None:
    clara = acting(cast.clara)
    await add_participant(ticket.protocol, cast.bea.email, clara, office)
    await remove_participant(ticket.protocol, cast.bea.id, clara, office)

    rows = await log_view(ticket.protocol, clara, office.profile)
    assert [(row["action"], row["who"], row["field"], row["before"], row["after"]) for row in rows[-2:]] == [
        ("participant_added", cast.clara.email, "participant", None, cast.bea.email),
        ("participant_removed", cast.clara.email, "participant", cast.bea.email, None),
    ]


async def test_a_colleague_who_writes_belongs_to_the_ticket_by_rule(office, cast, say, ticket) -> None:
    await file_batch([say(cast.bea, claims=(token_claim(ticket.id, cast.bea),))], office, clock.now())

    shown = (await ticket_view(ticket.protocol, acting(cast.clara), office.profile))["participants"]
    assert [(row["id"], row["added_by"]) for row in shown] == [(cast.bea.id, "rule")]


COMPLAINTS = {
    "nobody": ("x@y.example", "nobody of the ticket's organization has this address"),
    "nonsense": ("\x00", "nobody of the ticket's organization has this address"),
    "another organization's": ("carla@example.example", "nobody of the ticket's organization has this address"),
    "the requester": ("ana@example.example", "takes part already"),
}


@pytest.mark.parametrize(("email", "complaint"), COMPLAINTS.values(), ids=COMPLAINTS)
async def test_who_does_not_belong_is_not_let_in(office, cast, ticket, email, complaint) -> None:
    with pytest.raises(InvalidFields) as refused:
        await add_participant(ticket.protocol, email, acting(cast.clara), office)

    assert refused.value.errors == {"email": [complaint]}
    assert await Participant.all().count() == 0
    assert not await Event.exists(kind="participant_added")


@pytest.mark.parametrize("lost", [{"may_speak": False}, {"blocked": True}])
async def test_who_may_not_speak_is_not_let_in(office, cast, ticket, lost) -> None:
    await Person.filter(id=cast.bea.id).update(**lost)

    with pytest.raises(InvalidFields) as refused:
        await add_participant(ticket.protocol, cast.bea.email, acting(cast.clara), office)

    assert refused.value.errors == {"email": ["may not speak with support"]}


async def test_a_ticket_of_no_organization_takes_nobody(office, cast, ticket) -> None:
    await Ticket.filter(id=ticket.id).update(organization_id=None)

    with pytest.raises(InvalidFields):
        await add_participant(ticket.protocol, cast.bea.email, acting(cast.clara), office)


async def test_two_that_let_the_same_person_in_at_once_do_so_once(office, cast, ticket) -> None:
    done = await asyncio.gather(
        *(add_participant(ticket.protocol, cast.bea.email, acting(cast.clara), office) for _ in range(4)),
        return_exceptions=True,
    )

    assert sum(isinstance(each, InvalidFields) for each in done) == 3
    assert await Participant.all().count() == 1
    assert await Event.filter(kind="participant_added").count() == 1


STRANGERS = {
    "an agent of another sector": lambda cast: acting(cast.diego),
    "the requester himself": lambda cast: person(cast.ana),
    "a colleague": lambda cast: person(cast.bea),
    "who may only keep notes there": lambda cast: allowed(cast.diego, "note"),
}


def person(who: Person) -> Actor:
    return Actor(ActorKind.PERSON, who.id, who.email, who.name, who.role, organization_id=who.organization_id, may_speak=True)


def allowed(agent: Agent, level: str) -> Actor:
    return Actor(ActorKind.AGENT, agent.id, agent.email, agent.name, agent.role, agent.sector, also={"n1": level})


@pytest.mark.parametrize("who", STRANGERS.values(), ids=STRANGERS)
async def test_W21_nobody_else_changes_who_takes_part(office, cast, ticket, who) -> None:
    await add_participant(ticket.protocol, cast.bea.email, acting(cast.clara), office)
    for change in (
        add_participant(ticket.protocol, cast.bea.email, who(cast), office),
        remove_participant(ticket.protocol, cast.bea.id, who(cast), office),
    ):
        with pytest.raises(Refused) as refused:
            await change
        assert refused.value.reason.value == "not_found"

    assert await Participant.all().count() == 1


async def test_who_is_let_out_hears_nothing_more_not_even_what_was_about_to_leave(office, cast, ticket) -> None:
    clara = acting(cast.clara)
    await add_participant(ticket.protocol, cast.bea.email, clara, office)
    await add_entry(ticket.protocol, EntryDraft("já vai"), clara, office)
    await remove_participant(ticket.protocol, cast.bea.id, clara, office)
    await add_entry(ticket.protocol, EntryDraft("e mais"), clara, office)

    rows = await Delivery.filter(kind="reply", recipient_id=cast.bea.id, recipient_kind="person")
    assert [row.state for row in rows] == [DeliveryState.WITHHELD]
    assert await Delivery.filter(kind="reply", recipient_id=cast.ana.id, state=DeliveryState.QUEUED).count() == 2
    assert (await ticket_view(ticket.protocol, clara, office.profile))["participants"] == []


async def test_at_send_time_who_takes_no_part_any_more_has_no_right(office, cast, ticket) -> None:
    strict = _without_colleagues(office)
    clara = acting(cast.clara)
    await add_participant(ticket.protocol, cast.bea.email, clara, strict)
    await add_entry(ticket.protocol, EntryDraft("olá"), clara, strict)
    waiting = await Delivery.filter(kind="reply").order_by("recipient_id")

    async def are_addressed() -> list[bool]:
        found = await address(waiting, strict, clock.now())
        return [hasattr(found[each.id], "address") for each in waiting]

    assert await are_addressed() == [True, True]
    await Participant.all().delete()
    assert await are_addressed() == [each.recipient_id == cast.ana.id for each in waiting]


async def test_an_answer_may_be_taken_back_after_one_of_its_readers_was_let_out(office, cast, ticket) -> None:
    clara = acting(cast.clara)
    await add_participant(ticket.protocol, cast.bea.email, clara, office)
    entry = (await add_entry(ticket.protocol, EntryDraft("ops", undo_seconds=60), clara, office)).entry_id
    await remove_participant(ticket.protocol, cast.bea.id, clara, office)

    await undoing.undo(ticket.protocol, str(entry), clara, office)

    states = {row.recipient_id: row.state for row in await Delivery.filter(entry_id=entry)}
    assert states == {cast.ana.id: "withdrawn", cast.bea.id: "withdrawn"}


@pytest.mark.parametrize("who", [0, 999_999_999])
async def test_who_takes_no_part_cannot_be_let_out(office, cast, ticket, who) -> None:
    with pytest.raises(Refused):
        await remove_participant(ticket.protocol, who, acting(cast.clara), office)


def _without_colleagues(office: Office) -> Office:
    profile: Profile = office.profile
    access = profile.access.model_copy(update={"colleagues_have_standing": False})
    return replace(office, profile=profile.model_copy(update={"access": access}))
