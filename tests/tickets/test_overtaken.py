"""AG06: an agent's mail that answers a notice older than a colleague's answer waits for his second thought."""

import pytest

from core import clock
from core.deliveries import Delivery
from core.tickets.addressing import address
from core.tickets.intake import file_batch
from core.tickets.letters import PostOffice, write_letter
from core.tickets.office import Office
from core.tickets.replying import EntryDraft, add_entry
from core.tickets.return_addresses import message_id_of
from core.tickets.tables import Entry, Event, Ticket
from tests.tickets.conftest import Cast, Say, acting, token_claim

MINE = "É o disjuntor."


async def notified(office: Office, cast: Cast, say: Say) -> tuple[Ticket, str]:
    """Ana's ticket, and the Message-ID of the notice that Clara has of it."""
    await file_batch([say(cast.ana, "Não liga")], office, clock.now())
    return await Ticket.get(), await notice_of(office, cast, kind="agent_notice")


async def notice_of(office: Office, cast: Cast, **which: object) -> str:
    notice = await Delivery.filter(recipient_kind="agent", recipient_id=cast.clara.id, **which).order_by("-id").first()
    assert notice is not None
    return message_id_of(notice, office.signing, office.profile)


async def by_mail(office: Office, cast: Cast, say: Say, ticket: Ticket, text: str, *references: str) -> None:
    claims = (token_claim(ticket.id, cast.clara),)
    await file_batch([say(cast.clara, text, claims=claims, references=references)], office, clock.now())


async def answers(ticket: Ticket) -> list[tuple[str, str]]:
    """What agents wrote, as (visibility, text)."""
    rows = await Entry.filter(ticket_id=ticket.id, author_role="agent").order_by("seq")
    return [(each.visibility, each.text) for each in rows]


async def test_AG06_an_answer_that_comes_too_late_is_kept_as_a_note_and_its_writer_told(
    office: Office, cast: Cast, say: Say
) -> None:
    ticket, notice = await notified(office, cast, say)
    await add_entry(ticket.protocol, EntryDraft("Já resolvi."), acting(cast.lia), office)
    await Delivery.filter(recipient_kind="person").delete()

    await by_mail(office, cast, say, ticket, f"#encerrar\n{MINE}", notice)

    assert await answers(ticket) == [("public", "Já resolvi."), ("internal", f"#encerrar\n{MINE}")]
    ticket = await Ticket.get()
    assert ticket.status == "awaiting_customer"
    assert await Delivery.filter(recipient_kind="person").count() == 0
    told = await Delivery.get(kind="reply_held_back")
    assert (told.recipient_id, told.detail) == (cast.clara.id, "lia")
    assert await Event.filter(kind="reply_held_back").count() == 1
    facts = (await address([told], office, clock.now()))[told.id]
    assert facts is not None
    letter = write_letter(facts, PostOffice(office.profile, office.signing, "http://desk.example"))
    assert "lia respondeu ao cliente nesse meio-tempo" in letter.text
    assert "#responder" in letter.text
    assert letter.auto_submitted == "auto-generated"
    assert MINE not in letter.text

    # Answering that mail is the second thought.
    claim = token_claim(ticket.id, cast.clara)
    held_back = message_id_of(told, office.signing, office.profile)
    await file_batch([say(cast.clara, MINE, claims=(claim,), references=(held_back, notice))], office, clock.now())
    assert (await answers(ticket))[-1] == ("public", MINE)


async def test_AG06_responder_sends_all_the_same(office: Office, cast: Cast, say: Say) -> None:
    ticket, notice = await notified(office, cast, say)
    await add_entry(ticket.protocol, EntryDraft("Já resolvi."), acting(cast.lia), office)
    await by_mail(office, cast, say, ticket, f"#Responder:\n\n{MINE}", notice)
    assert (await answers(ticket))[-1] == ("public", MINE)
    assert await Delivery.filter(kind="reply_held_back").count() == 0


async def test_AG06_an_answer_filed_with_the_late_one_counts_as_well(office: Office, cast: Cast, say: Say) -> None:
    ticket, notice = await notified(office, cast, say)
    first = say(cast.lia, "Já resolvi.", claims=(token_claim(ticket.id, cast.lia),))
    late = say(cast.clara, MINE, claims=(token_claim(ticket.id, cast.clara),), references=(notice,))
    await file_batch([first, late], office, clock.now())
    assert await answers(ticket) == [("public", "Já resolvi."), ("internal", MINE)]


async def own_answer(office: Office, cast: Cast, say: Say, ticket: Ticket) -> None:
    await add_entry(ticket.protocol, EntryDraft("Um momento."), acting(cast.clara), office)


async def a_note(office: Office, cast: Cast, say: Say, ticket: Ticket) -> None:
    await add_entry(ticket.protocol, EntryDraft("Alguém?", "internal"), acting(cast.lia), office)


async def the_customer(office: Office, cast: Cast, say: Say, ticket: Ticket) -> None:
    await file_batch([say(cast.ana, "E aí?", claims=(token_claim(ticket.id, cast.ana),))], office, clock.now())


@pytest.mark.parametrize("meanwhile", [own_answer, a_note, the_customer])
async def test_AG06_only_a_colleagues_public_answer_holds_one_back(
    office: Office, cast: Cast, say: Say, meanwhile: object
) -> None:
    ticket, notice = await notified(office, cast, say)
    await meanwhile(office, cast, say, ticket)
    await by_mail(office, cast, say, ticket, MINE, notice)
    assert (await answers(ticket))[-1] == ("public", MINE)


async def test_AG06_a_newer_notice_has_shown_the_colleagues_answer(office: Office, cast: Cast, say: Say) -> None:
    ticket, old = await notified(office, cast, say)
    await add_entry(ticket.protocol, EntryDraft("Já resolvi."), acting(cast.lia), office)
    await the_customer(office, cast, say, ticket)
    newer = await notice_of(office, cast, kind="agent_notice")
    assert newer != old
    await by_mail(office, cast, say, ticket, MINE, newer, old)
    assert (await answers(ticket))[-1] == ("public", MINE)


@pytest.mark.parametrize("reference", ["", "m1@clara.example", f"{'a' * 44}.{'0' * 32}@instituicoes.example"])
async def test_AG06_a_mail_that_names_no_notice_is_sent(office: Office, cast: Cast, say: Say, reference: str) -> None:
    ticket, _ = await notified(office, cast, say)
    await add_entry(ticket.protocol, EntryDraft("Já resolvi."), acting(cast.lia), office)
    await by_mail(office, cast, say, ticket, MINE, *filter(None, [reference]))
    assert (await answers(ticket))[-1] == ("public", MINE)


async def test_AG06_a_note_and_a_command_without_words_are_held_back_by_nobody(
    office: Office, cast: Cast, say: Say
) -> None:
    ticket, notice = await notified(office, cast, say)
    await add_entry(ticket.protocol, EntryDraft("Já resolvi."), acting(cast.lia), office)
    await by_mail(office, cast, say, ticket, "#nota\nliguei", notice)
    await by_mail(office, cast, say, ticket, "#assumir", notice)
    assert (await answers(ticket))[-1] == ("internal", "liguei")
    assert (await Ticket.get()).agent_id == cast.clara.id
    assert await Delivery.filter(kind="reply_held_back").count() == 0
