"""What a bounce does to its delivery, its ticket and its address; and that nobody is mailed because of it."""

from datetime import timedelta

import pytest

from core import clock
from core.bounce_scores import HARD, SOFT, BounceScore, add_bounce, faded, silenced
from core.deliveries import Delivery, DeliveryState
from core.tickets.intake import file_batch
from core.tickets.office import Office
from core.tickets.tables import Entry, Event, Intake, Ticket
from tests.machine.conftest import acknowledgement_of, report
from tests.tickets.conftest import Cast, Say, token_claim


async def file(office: Office, *messages: object) -> None:
    """File them, and see that no mail was made because of it (L08)."""
    before = await Delivery.all().count()
    assert await file_batch(messages, office, clock.now()) == []  # type: ignore[arg-type]
    assert await Delivery.all().count() == before


async def test_L06_O13_a_bounce_fails_its_very_delivery_and_tells_the_agents_on_the_ticket(
    office: Office, cast: Cast, ticket: Ticket
) -> None:
    bounced = await acknowledgement_of(ticket)
    await file(office, report(bounced))

    states = {each.kind: each.state for each in await Delivery.all()}
    assert states == {"acknowledgement": DeliveryState.FAILED, "agent_notice": DeliveryState.QUEUED}
    entry = await Entry.get(kind="system")
    assert (entry.visibility, entry.author_role) == ("internal", "system")
    assert "ana" in entry.text and "5.1.1" in entry.text and "@" not in entry.text
    assert (await Delivery.get(id=bounced.id)).last_error == "o servidor de e-mail do destinatário a devolveu com 5.1.1"
    assert (await Event.all().order_by("-version").first()).kind == "delivery_failed"
    assert (await Ticket.get()).status == "open"


@pytest.mark.parametrize(
    ("status", "score"), [("5.1.1", HARD), ("", SOFT), ("4.4.7", SOFT), ("5.2.2", SOFT), ("5.0.0", HARD)]
)
async def test_L06_a_failure_is_scored_by_how_final_it_is(
    office: Office, ticket: Ticket, status: str, score: float
) -> None:
    await file(office, report(await acknowledgement_of(ticket), status=status))
    assert (await BounceScore.get()).score == score
    assert (await acknowledgement_of(ticket)).state == DeliveryState.FAILED


async def test_L06_the_same_report_twice_and_another_of_the_same_delivery_act_once(
    office: Office, ticket: Ticket
) -> None:
    bounced = await acknowledgement_of(ticket)
    await file(office, report(bounced, key="same"), report(bounced, key="same"))
    await file(office, report(bounced, key="same"))
    await file(office, report(bounced))

    assert await Entry.filter(kind="system").count() == 1
    assert (await BounceScore.get()).score == HARD


async def test_a_delay_is_a_row_of_the_log_once_a_day_and_nothing_else(office: Office, ticket: Ticket) -> None:
    delayed = await acknowledgement_of(ticket)
    await file(office, *(report(delayed, action="delayed", status="4.4.1") for _ in range(3)))
    await file(office, report(delayed, action="delayed", status="4.4.1"))

    assert (await Delivery.get(id=delayed.id)).state == DeliveryState.QUEUED
    assert await Entry.all().count() == 1
    assert [each.kind for each in await Event.all().order_by("version")] == ["opened", "delivery_delayed"]
    assert await BounceScore.all().count() == 0


@pytest.mark.parametrize("action", ["", "delivered", "relayed", "expanded"])
async def test_what_comes_to_a_return_path_and_reports_no_failure_changes_nothing(
    office: Office, ticket: Ticket, action: str
) -> None:
    await file(office, report(await acknowledgement_of(ticket), action=action, status="2.0.0"))

    assert await Event.all().count() == 1
    assert await Intake.filter(outcome="bounce").count() == 1


async def test_L07_reports_without_our_signature_are_counted_and_not_acted_on(
    office: Office, ticket: Ticket, count
) -> None:
    forged = count(10_000)
    for at in range(0, forged, 100):
        await file(office, *(report() for _ in range(min(100, forged - at))))

    assert await Intake.filter(outcome="bounce").count() == forged
    assert await BounceScore.all().count() == 0
    assert {each.state for each in await Delivery.all()} == {DeliveryState.QUEUED}
    assert await Event.all().count() == 1


async def test_a_bounce_beside_the_customers_next_mail_in_one_batch_keeps_the_thread_in_order(
    office: Office, cast: Cast, ticket: Ticket, say: Say
) -> None:
    await file_batch(
        [report(await acknowledgement_of(ticket)), say(cast.ana, claims=(token_claim(ticket.id, cast.ana),))],
        office, clock.now(),
    )  # fmt: skip
    assert [each.seq for each in await Entry.all().order_by("seq")] == [1, 2, 3]


def test_a_score_halves_in_a_fortnight() -> None:
    now = clock.now()
    assert faded(1.0, now - timedelta(days=14), now) == 0.5
    assert faded(1.0, now, now) == 1.0


@pytest.mark.parametrize(
    ("weights", "later", "is_silent"),
    [
        ((HARD,), timedelta(), True),
        ((HARD,), timedelta(days=13), True),
        ((HARD,), timedelta(days=15), False),
        ((SOFT,), timedelta(), False),
        ((SOFT, SOFT, SOFT), timedelta(), True),
        ((HARD,) * 50, timedelta(days=60), False),
    ],
)
async def test_L06_an_address_is_silenced_by_its_score_and_healed_by_time(
    database: str, weights: tuple[float, ...], later: timedelta, is_silent: bool
) -> None:
    now = clock.now()
    for weight in weights:
        await add_bounce(("person", 7), weight, now)

    assert await silenced([("person", 7), ("agent", 7)], now + later) == ({("person", 7)} if is_silent else set())
