"""An agent forwards what a customer sent to his own address; released, it is the customer's ticket (PA06)."""

from dataclasses import replace

import pytest

from core import clock
from core.decision import Reason
from core.deliveries import Delivery
from core.errors import Refused
from core.tickets.entry_views import customer_view
from core.tickets.intake import file_batch
from core.tickets.office import Office
from core.tickets.tables import Entry, Held, Ticket
from core.tickets.taking_over import forwarded_in
from tests.tickets.conftest import Cast, Say, token_claim
from tests.tickets.test_holding import held_mail, release

FORWARDS = {
    "gmail": (
        "---------- Forwarded message ---------\nDe: Ana <ana@example.example>\nDate: seg., 16 de nov. de 2026\n"
        "Subject: Boletim não abre\nTo: <clara@instituicoes.example>\n\n\nBom dia,\nnão abre.\n"
    ),
    "outlook": (
        "________________________________\nDe: Ana <ana@example.example>\nEnviado: segunda-feira, 16 de novembro\n"
        "Para: Clara\nAssunto: Boletim não abre\n\nBom dia,\nnão abre."
    ),
    "apple": (
        "Início da mensagem encaminhada:\n\n> De: Ana <ana@example.example>\n> Assunto: Boletim não abre\n"
        "> Data: 16 de novembro\n> Para: clara@instituicoes.example\n>\n> Bom dia,\n> não abre."
    ),
}


def may_open(office: Office) -> Office:
    access = office.profile.access.model_copy(update={"agents_may_open": True})
    return replace(office, profile=office.profile.model_copy(update={"access": access}))


@pytest.mark.parametrize("program", FORWARDS)
async def test_PA06_a_forwarded_mail_becomes_its_senders_ticket_once_released(
    office: Office, cast: Cast, say: Say, program: str
) -> None:
    office = may_open(office)
    mail = say(
        cast.clara, "#abrir", title="Enc: Boletim não abre", full_text=f"#abrir\n\n{FORWARDS[program]}",
        held_for=Reason.NO_STANDING,
    )  # fmt: skip
    message = await release(office, cast, await held_mail(office, cast, mail))
    await file_batch([message], office, clock.now())

    ticket, entry = await Ticket.get(), await Entry.get()
    assert (ticket.title, ticket.requester_id, entry.text) == ("Boletim não abre", cast.ana.id, "Bom dia,\nnão abre.")
    assert (entry.author_role, entry.authentication) == ("customer", "agent")
    told = await Delivery.get(kind="acknowledgement")
    assert (told.recipient_kind, told.recipient_id) == ("person", cast.ana.id)


async def test_O07_what_the_agent_wrote_above_the_forward_is_not_shown_as_the_customers_words(
    office: Office, cast: Cast, say: Say
) -> None:
    office = may_open(office)
    whole = f"#abrir\nEla liga todo dia.\n\n{FORWARDS['gmail']}"
    mail = say(cast.clara, "#abrir\nEla liga todo dia.", full_text=whole, held_for=Reason.NO_STANDING)
    message = await release(office, cast, await held_mail(office, cast, mail))
    await file_batch([message], office, clock.now())

    shown = await customer_view([await Entry.get()], office.profile)

    assert shown["entries"][0]["text"] == "Bom dia,\nnão abre."
    assert "liga todo dia" not in str(shown)


async def test_where_agents_may_not_open_the_forward_stays_held(office: Office, cast: Cast, say: Say) -> None:
    mail = say(cast.clara, "#abrir", full_text=f"#abrir\n{FORWARDS['gmail']}", held_for=Reason.NO_STANDING)
    held_id = await held_mail(office, cast, mail)

    with pytest.raises(Refused) as refused:
        await release(office, cast, held_id)

    assert refused.value.reason is Reason.AGENT_MAY_NOT_OPEN
    assert (await Held.get()).state == "held"


async def test_whoever_has_no_right_gets_no_ticket_by_an_agents_forward(office: Office, cast: Cast, say: Say) -> None:
    office = may_open(office)
    foreign = FORWARDS["gmail"].replace("ana@example.example", "eva@longe.example")
    mail = say(cast.clara, "#abrir", full_text=f"#abrir\n{foreign}", held_for=Reason.NO_STANDING)
    message = await release(office, cast, await held_mail(office, cast, mail))
    await file_batch([message], office, clock.now())

    assert await Ticket.all().count() == 0
    assert (await Held.get()).state == "held"


async def test_only_an_agents_forward_with_the_command_is_one(office: Office, cast: Cast, say: Say) -> None:
    whole = f"#abrir\n{FORWARDS['gmail']}"

    assert forwarded_in(say(cast.clara, "#abrir", full_text=whole)) is not None
    assert forwarded_in(say(cast.ana, "#abrir", full_text=whole)) is None
    assert forwarded_in(say(cast.clara, "veja", full_text=f"veja\n{FORWARDS['gmail']}")) is None
    assert forwarded_in(say(cast.clara, "#abrir", full_text="#abrir\nDe: 10/09 a 15/09")) is None
    assert forwarded_in(say(cast.clara, "#abrir", full_text=whole, claims=(token_claim(1, cast.clara),))) is None
