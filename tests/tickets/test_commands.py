"""The `#` lines of an agent's mail: what is a command, what is text, and what is neither."""

import pytest

from core import clock
from core.deliveries import Delivery
from core.tickets.commands import parse
from core.tickets.intake import file_batch
from core.tickets.office import Office
from core.tickets.tables import Entry, Ticket
from tests.tickets.conftest import Cast, Say, token_claim

NEARLY = ["\ufeff#nota\nsegredo", "\u200b#nota\nsegredo", "\xa0#nota\nsegredo", "#nota:\nsegredo", "#Nota.\nsegredo",
          "# nota\nsegredo", "##nota\nsegredo", "＃nota\nsegredo", "#nota segredo", "#nota: segredo\n"]


@pytest.mark.parametrize("text", NEARLY)
def test_a_note_is_known_as_one_however_it_is_written(text: str) -> None:
    commanded = parse(text)

    assert commanded.get("note") is not None
    assert (commanded.text, commanded.unknown) == ("segredo", ())


def test_what_stands_behind_a_command_that_says_something_begins_the_text() -> None:
    assert parse("#encerrar Trocamos o cabo.\nAté logo.").text == "Trocamos o cabo.\nAté logo."
    assert parse("#nota um\n#pendente dois\ntrês").text == "um\ntrês"


def test_words_behind_take_are_refused_rather_than_published() -> None:
    assert parse("#assumir ele não paga").unknown == ("#assumir ele não paga",)


def test_a_heading_is_text() -> None:
    for text in ("# Título\nolá", "#", "#\nolá", "# notas\nolá", "1 #nota"):
        assert (parse(text).commands, parse(text).text, parse(text).unknown) == ((), text, ())


def test_a_flood_of_unknown_commands_is_complained_about_briefly() -> None:
    commanded = parse("\n".join(f"#x{number}" for number in range(100_000)))

    assert len(commanded.unknown) == 10


def test_a_long_line_of_nothing_is_read_at_once() -> None:
    for line in ("\u200b" * 1_000_000, "#" * 1_000_000, "#" + " " * 1_000_000 + "!", "#" + "a" * 1_000_000 + "-"):
        parse(line + "\nolá")


async def test_an_empty_note_is_told_to_its_agent(office: Office, cast: Cast, say: Say) -> None:
    await file_batch([say(cast.ana)], office, clock.now())
    ticket = await Ticket.get()

    await file_batch([say(cast.clara, "#nota", claims=(token_claim(ticket.id, cast.clara),))], office, clock.now())

    assert await Entry.all().count() == 1
    assert (await Delivery.get(kind="command_refused")).recipient_id == cast.clara.id


@pytest.mark.parametrize("text", ["\ufeff#nota\nsegredo", "#nota segredo", "#nota:\nsegredo"])
async def test_a_note_never_reaches_the_customer(office: Office, cast: Cast, say: Say, text: str) -> None:
    await file_batch([say(cast.ana)], office, clock.now())
    ticket = await Ticket.get()

    await file_batch([say(cast.clara, text, claims=(token_claim(ticket.id, cast.clara),))], office, clock.now())

    entry = await Entry.get(seq=2)
    assert (entry.visibility, entry.text) == ("internal", "segredo")
    assert await Delivery.filter(recipient_kind="person", kind="reply").count() == 0
