"""The `#` lines of an agent's mail: what is a command, what is text, and what is neither."""

import pytest

from core import clock
from core.deliveries import Delivery
from core.tickets.commands import parse
from core.tickets.intake import file_batch
from core.tickets.office import Office
from core.tickets.tables import Entry, Ticket
from gateway.ingest.mime import read_mail
from tests.tickets.conftest import Cast, Say, token_claim

NEARLY = ["\ufeff#nota\nsegredo", "\u200b#nota\nsegredo", "\xa0#nota\nsegredo", "#nota:\nsegredo", "#Nota.\nsegredo",
          "# nota\nsegredo", "##nota\nsegredo", "＃nota\nsegredo", "#nota segredo", "#nota: segredo\n",
          "#nota\xa0segredo", "#nota\u2003segredo", "#nota\u200b segredo", "#NOTA - segredo", "#nota=segredo", "#nota-segredo",
          "#not\u200ba segredo", "#note segredo", "\n\n  #nota\n\nsegredo",
          "*#nota*\nsegredo", "*#nota* segredo", "**# nota**\n\nsegredo", "_#nota_\nsegredo", "\\#nota\nsegredo",
          "“#nota”\nsegredo", "`#nota`\nsegredo", "*#nota segredo*"]


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


SPELLED = {
    "#Encaminhar N2": ("forward", "N2"), "#forward: n2.": ("forward", "n2."), "#encaminhar\xa0n2": ("forward", "n2"),
    "#prioridade ALTA": ("priority", "high"), "#prioridade: média": ("priority", "medium"),
    "#prioridade me\u0301dia": ("priority", "medium"), "#prioridade=baixa!": ("priority", "low"),
    "#priority High": ("priority", "high"), "#PRIORITY low": ("priority", "low"), "#Assumir.": ("take", ""),
    "#take": ("take", ""), "#pendente falta peça": ("pending", "falta peça"), "#pending": ("pending", ""),
    "#encerrar": ("close", ""), "#Close:": ("close", ""), "#responder": ("reply", ""), "#reply": ("reply", ""),
}


@pytest.mark.parametrize(("text", "expected"), SPELLED.items())
def test_AG05_each_command_has_two_names_and_many_spellings(text: str, expected: tuple[str, str]) -> None:
    command = parse(text).commands[0]

    assert (command.name, command.argument) == expected


def test_AG05_several_commands_stand_one_below_the_other() -> None:
    commanded = parse("#assumir\n\n#prioridade alta\n#pendente aguarda peça\n\nAguarde, por favor.\n#nota aqui é texto")

    assert [each.name for each in commanded.commands] == ["take", "priority", "pending"]
    assert commanded.text == "Aguarde, por favor.\n#nota aqui é texto"


KNOWN = {"tests_performed", "details"}


def test_AG05_hand_over_fields_stand_right_below_their_command() -> None:
    commanded = parse("#encaminhar triagem\nTests_Performed : liguei\n\ndetails: nada\n\nObrigado: segue.\n", KNOWN)

    assert commanded.commands[0].fields == {"tests_performed": "liguei", "details": "nada"}
    assert commanded.text == "Obrigado: segue."


@pytest.mark.parametrize("text", ["#encaminhar n2\n\nobs: volto já", "#encaminhar n2\nAna: volto já", "#assumir\nobs: já"])
def test_AG05_a_colon_in_the_text_makes_no_field(text: str) -> None:
    commanded = parse(text, KNOWN)

    assert commanded.commands[0].fields == {}
    assert commanded.text == text.rpartition("\n")[2]


def test_AG05_a_field_nobody_asks_for_stays_in_the_house_when_it_stands_right_below() -> None:
    assert parse("#encaminhar n2\nobs: cliente irritado", KNOWN).text == ""


@pytest.mark.parametrize("text", ["#voar", "#foo: bar", "#a-b", "#nota2 x", "#123 feito", "#assumir já"])
def test_AG05_what_begins_as_a_command_and_is_none_is_complained_about(text: str) -> None:
    assert parse(text + "\nolá").unknown == (text,)


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


async def commanded(office: Office, cast: Cast, say: Say, text: str, **more: object) -> Ticket:
    """Ana's ticket after Clara's mail about it."""
    await file_batch([say(cast.ana)], office, clock.now())
    ticket = await Ticket.get()
    await file_batch([say(cast.clara, text, claims=(token_claim(ticket.id, cast.clara),), **more)], office, clock.now())
    return await Ticket.get()


@pytest.mark.parametrize("named", ["n2", "N2", "n2.", "\xa0N2 "])
async def test_AG05_a_sector_is_known_however_it_is_written(office: Office, cast: Cast, say: Say, named: str) -> None:
    assert (await commanded(office, cast, say, f"#encaminhar {named}")).sector == "n2"


async def test_AG05_a_sector_is_known_by_its_title(office: Office, cast: Cast, say: Say) -> None:
    title = next(each.title for each in office.profile.sectors if each.slug == "servicos")

    assert (await commanded(office, cast, say, f"#encaminhar {title.upper()}")).sector == "servicos"


async def test_AG05_all_commands_of_a_mail_are_obeyed_and_its_text_answers(
    office: Office, cast: Cast, say: Say
) -> None:
    text = "#assumir\n#prioridade alta\n#pendente\n\nAguardamos a peça."
    ticket = await commanded(office, cast, say, text)

    assert (ticket.agent_id, ticket.priority, ticket.status) == (cast.clara.id, "high", "pending")
    assert (await Entry.get(seq=2)).text == "Aguardamos a peça."
    assert await Delivery.filter(recipient_kind="person", kind="reply").count() == 1


REFUSED = {
    "#encaminhar": "sector", "#encaminhar lua": "sector", "#prioridade urgente": "fields.priority",
    "#pendente": "reason", "#encerrar": "text", "#voar alto": "#voar alto", "#assumir\n#encerrar": "text",
    "#responder": "text",
}


@pytest.mark.parametrize(("text", "field"), REFUSED.items())
async def test_AG05_with_anything_missing_nothing_is_done_and_one_mail_says_what(
    office: Office, cast: Cast, say: Say, text: str, field: str
) -> None:
    ticket = await commanded(office, cast, say, text)

    assert (ticket.status, ticket.sector, ticket.agent_id, ticket.priority) == ("open", "n1", None, "medium")
    told = await Delivery.get(kind="command_refused")
    assert (told.recipient_id, told.detail.partition(":")[0]) == (cast.clara.id, field)
    assert await Entry.all().count() == 1


MAILS = {
    "html only": b"Content-Type: text/html; charset=utf-8\r\n\r\n<div>#nota</div><div><br></div><div>segredo</div>",
    "outlook": b"Content-Type: text/html; charset=utf-8\r\n\r\n<p class=MsoNormal>#nota:&nbsp;</p><p>segredo<o:p></o:p></p>",
    "breaks": b"Content-Type: text/html\r\n\r\n#nota<br>segredo<br>-- <br>Clara",
    "signature": b"Content-Type: text/plain; charset=utf-8\r\n\r\n#nota\r\nsegredo\r\n\r\n-- \r\nClara\r\nN1\r\n",
    "quoted": b"Content-Type: text/plain\r\n\r\n#nota\r\nsegredo\r\n\r\nOn Mon, Ana wrote:\r\n> #encerrar\r\n> x\r\n",
}


@pytest.mark.parametrize("name", MAILS)
def test_AG05_commands_are_read_from_what_mail_programs_make(name: str) -> None:
    mail = read_mail(b"From: clara@i.example\r\nSubject: Re: x\r\nMIME-Version: 1.0\r\n" + MAILS[name] + b"\r\n")

    read = parse(mail.reply_text)
    assert [each.name for each in read.commands] == ["note"]
    assert read.text == "segredo"
