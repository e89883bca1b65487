"""How much automatic mail one address hears: loops end, and no person is missed for it."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from core import clock
from core.bounce_scores import HARD, add_bounce
from core.deliveries import Delivery, DeliveryState
from core.message import Authentication
from core.people.tables import Agent, Person
from core.tickets.acting import ActionBody, act
from core.tickets.intake import file_batch
from core.tickets.letters import Facts, PostOffice, write_letter
from core.tickets.office import Office
from core.tickets.replying import EntryDraft, add_entry
from core.tickets.sparing import MANY_ACKNOWLEDGEMENTS, Why
from core.tickets.tables import Entry, Event, Ticket
from gateway.dispatch import deliver
from tests.tickets.conftest import Cast, Say, acting, token_claim


@dataclass
class Postman:
    """A channel that takes everything and remembers to whom it went."""

    sent: list[Facts] = field(default_factory=list)

    async def send(self, facts: Facts) -> None:
        self.sent.append(facts)

    async def close(self) -> None: ...

    def to(self, who: Person | Agent) -> list[Facts]:
        return [each for each in self.sent if each.address == who.email]


@pytest.fixture
def postman() -> Postman:
    return Postman()


async def send_all(postman: Postman, office: Office) -> None:
    await deliver([each.id for each in await Delivery.filter(state="queued").order_by("id")], postman, office)


async def write(office: Office, postman: Postman, *messages: object) -> None:
    """One after the other, each with all that leaves because of it."""
    for message in messages:
        await file_batch([message], office, clock.now())  # type: ignore[list-item]
        await send_all(postman, office)


async def test_L02_I11_a_responder_without_any_header_costs_three_notices_and_one_alert(
    office: Office, cast: Cast, ticket: Ticket, say: Say, postman: Postman, count
) -> None:
    mirrored = [say(cast.ana, f"Recebido {at}", claims=(token_claim(ticket.id, cast.ana),)) for at in range(count(1_000))]
    await write(office, postman, *mirrored)

    assert {len(postman.to(each)) for each in (cast.clara, cast.lia)} == {office.profile.mail.automatic_a_day}
    assert len(postman.to(cast.ana)) == 1
    assert await Entry.filter(kind="inbound").count() == len(mirrored) + 1
    alert = await Entry.get(kind="system")
    assert alert.visibility == "internal"
    assert "laço" in alert.text
    whys = {each.last_error for each in await Delivery.filter(state=DeliveryState.WITHHELD)}
    assert whys == {Why.OFTEN.value, Why.LOOP.value}


async def test_L02_all_at_once_are_counted_like_one_after_the_other(
    office: Office, cast: Cast, ticket: Ticket, say: Say, postman: Postman
) -> None:
    together = [say(cast.ana, claims=(token_claim(ticket.id, cast.ana),)) for _ in range(9)]
    await file_batch(together, office, clock.now())
    await send_all(postman, office)

    assert len(postman.to(cast.clara)) == 3
    assert await Entry.filter(kind="system").count() == 1


async def test_a_customer_who_writes_six_times_a_day_is_suspected_of_nothing(
    office: Office, cast: Cast, ticket: Ticket, say: Say, postman: Postman
) -> None:
    await write(office, postman, *(say(cast.ana, claims=(token_claim(ticket.id, cast.ana),)) for _ in range(5)))

    assert await Entry.filter(kind="system").count() == 0
    withheld = await Delivery.filter(state=DeliveryState.WITHHELD)
    assert {each.last_error for each in withheld} == {Why.OFTEN.value}


async def test_the_last_notice_of_a_day_says_that_it_is_the_last(
    office: Office, cast: Cast, ticket: Ticket, say: Say, postman: Postman
) -> None:
    await write(office, postman, *(say(cast.ana, claims=(token_claim(ticket.id, cast.ana),)) for _ in range(3)))

    post = PostOffice(office.profile, office.signing, "http://desk.example")
    texts = [write_letter(each, post).text for each in postman.to(cast.clara)]
    assert ["último e-mail de hoje" in text for text in texts] == [False, False, True]
    assert "console" in texts[-1]


@pytest.mark.parametrize("by", ["reply", "note", "assign"])
async def test_an_agent_never_misses_a_person_once_somebody_of_the_desk_acted(
    office: Office, cast: Cast, ticket: Ticket, say: Say, postman: Postman, by: str
) -> None:
    again = [say(cast.ana, claims=(token_claim(ticket.id, cast.ana),)) for _ in range(8)]
    await write(office, postman, *again[:4])
    assert len(postman.to(cast.clara)) == 3
    if by == "assign":
        body = ActionBody(agent=cast.clara.email)
        await act(ticket.protocol, "assign", body, acting(cast.lia), office)
    else:
        draft = EntryDraft("Já vamos.", "public" if by == "reply" else "internal")
        await add_entry(ticket.protocol, draft, acting(cast.lia), office)
    await send_all(postman, office)
    before = len(postman.to(cast.clara))
    await write(office, postman, again[5])

    assert len(postman.to(cast.clara)) == before + 1


async def test_a_day_later_the_count_begins_anew(
    office: Office, cast: Cast, ticket: Ticket, say: Say, postman: Postman
) -> None:
    await write(office, postman, *(say(cast.ana, claims=(token_claim(ticket.id, cast.ana),)) for _ in range(4)))
    yesterday = clock.now() - timedelta(hours=25)
    await Delivery.all().update(sent_at=yesterday, created_at=yesterday)
    await write(office, postman, say(cast.ana, claims=(token_claim(ticket.id, cast.ana),)))

    assert len(postman.to(cast.clara)) == 4


async def test_L02_two_machines_that_answer_each_other_through_us_are_stopped(
    office: Office, cast: Cast, ticket: Ticket, say: Say, postman: Postman
) -> None:
    """Ana's and Clara's programs answer whatever comes, with nothing that says so."""
    answered = 0
    await send_all(postman, office)
    for _ in range(200):
        mails = postman.sent[answered:]
        answered = len(postman.sent)
        if not mails:
            break
        answers = [
            say(who, "Recebido.", claims=(token_claim(ticket.id, who),))
            for each in mails for who in (cast.ana, cast.clara) if who.email == each.address
        ]  # fmt: skip
        await write(office, postman, *answers)

    assert answered == len(postman.sent)
    assert len(postman.to(cast.clara)) <= office.profile.mail.automatic_a_day * 10
    assert await Event.filter(kind="loop_suspected").count() == 1


async def test_L02_machines_of_two_agents_that_overtake_each_other_are_stopped(
    office: Office, cast: Cast, ticket: Ticket, say: Say, postman: Postman
) -> None:
    """Each round somebody hears that a colleague was faster, and answers that, too."""
    answered = 0
    await send_all(postman, office)
    for _ in range(100):
        mails = postman.sent[answered:]
        answered = len(postman.sent)
        if not mails:
            break
        answers = [
            say(who, "Recebido.", claims=(token_claim(ticket.id, who),))
            for each in mails for who in (cast.ana, cast.clara, cast.lia) if who.email == each.address
        ]  # fmt: skip
        await file_batch(answers, office, clock.now())
        await send_all(postman, office)

    assert answered == len(postman.sent)
    assert await Event.filter(kind="reply_held_back").exists()
    for each in (cast.clara, cast.lia):
        assert len(postman.to(each)) <= office.profile.mail.automatic_a_day * 10


async def test_what_a_person_wrote_is_sent_however_often(
    office: Office, cast: Cast, ticket: Ticket, postman: Postman
) -> None:
    for at in range(6):
        await add_entry(ticket.protocol, EntryDraft(f"Passo {at}"), acting(cast.clara), office)
    await send_all(postman, office)

    assert [each.delivery.kind for each in postman.to(cast.ana)] == ["acknowledgement", *["reply"] * 6]


async def test_L06_an_address_that_bounces_hears_nothing_automatic_but_all_that_people_write(
    office: Office, cast: Cast, ticket: Ticket, postman: Postman
) -> None:
    await add_bounce(("person", cast.ana.id), HARD, clock.now())
    await add_entry(ticket.protocol, EntryDraft("Segue."), acting(cast.clara), office)
    await send_all(postman, office)

    assert [each.delivery.kind for each in postman.to(cast.ana)] == ["reply"]
    withheld = await Delivery.get(kind="acknowledgement")
    assert (withheld.state, withheld.last_error) == (DeliveryState.WITHHELD, Why.BOUNCES.value)


def new_ones(say: Say, who: Person, many: int, authentication: Authentication) -> list[object]:
    return [say(who, f"Mensagem recebida {at}", authentication=authentication) for at in range(many)]


async def test_L06_a_resolution_is_what_a_person_wrote_too(
    office: Office, cast: Cast, ticket: Ticket, postman: Postman
) -> None:
    await add_bounce(("person", cast.ana.id), HARD, clock.now())
    body = ActionBody(fields={"resolution": "Trocamos o cabo."})

    await act(ticket.protocol, "close", body, acting(cast.clara), office)
    await send_all(postman, office)

    assert [facts.entry.text for facts in postman.to(cast.ana) if facts.entry] == ["Trocamos o cabo."]


async def test_AG03_an_agent_hears_that_nothing_was_done_however_many_notices_he_got(
    office: Office, cast: Cast, ticket: Ticket, say: Say, postman: Postman
) -> None:
    claims = (token_claim(ticket.id, cast.ana),)
    await write(office, postman, *[say(cast.ana, f"Ainda {at}", claims=claims) for at in range(5)])

    await write(office, postman, say(cast.clara, "#encerar\nFeito.", claims=(token_claim(ticket.id, cast.clara),)))

    assert postman.to(cast.clara)[-1].delivery.kind == "command_refused"


async def test_L02_a_machine_that_answers_with_new_mail_each_time_is_acknowledged_no_more(
    office: Office, cast: Cast, say: Say, postman: Postman, count
) -> None:
    rounds = MANY_ACKNOWLEDGEMENTS + count(1_000)
    await write(office, postman, *new_ones(say, cast.ana, rounds, Authentication.DMARC))

    assert len(postman.to(cast.ana)) == MANY_ACKNOWLEDGEMENTS
    assert await Ticket.all().count() == rounds
    assert await Entry.filter(kind="system").count() == rounds - MANY_ACKNOWLEDGEMENTS
    await write(office, postman, say(cast.carla, authentication=Authentication.DMARC))
    assert len(postman.to(cast.carla)) == 1


async def test_a_burst_is_no_loop_and_a_trusted_program_may_go_on(
    office: Office, cast: Cast, say: Say, postman: Postman
) -> None:
    many = MANY_ACKNOWLEDGEMENTS + 10
    await file_batch(new_ones(say, cast.ana, many, Authentication.DMARC), office, clock.now())  # type: ignore[arg-type]
    await send_all(postman, office)
    assert len(postman.to(cast.ana)) == many
    await write(office, postman, *new_ones(say, cast.carla, many, Authentication.TRUSTED_NETWORK))
    assert len(postman.to(cast.carla)) == many


async def test_a_desk_may_allow_fewer(
    office: Office, cast: Cast, ticket: Ticket, say: Say, postman: Postman
) -> None:
    rules = office.profile.mail.model_copy(update={"automatic_a_day": 1})
    strict = replace(office, profile=office.profile.model_copy(update={"mail": rules}))
    await write(strict, postman, *(say(cast.ana, claims=(token_claim(ticket.id, cast.ana),)) for _ in range(3)))

    assert len(postman.to(cast.clara)) == 1
