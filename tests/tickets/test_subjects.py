"""Whether a reply's subject begins a new topic."""

import pytest

from core import clock
from core.tickets.intake import file_batch
from core.tickets.office import Office
from core.tickets.subjects import bare_subject, new_subject
from core.tickets.tables import Entry, Ticket
from tests.tickets.conftest import Cast, Say, token_claim

MARKS = [
    ("Re: Boletim", "Boletim"), ("RES: ENC: Boletim", "Boletim"), ("Re[2]: Boletim", "Boletim"),
    ("Re: [Protocolo 202611220000018] Boletim", "Boletim"), ("[EXTERNO] Res: Boletim", "Boletim"),
    ("AW: Fwd: SV:  Boletim\r\n não abre", "Boletim não abre"), ("Relatório: Boletim", "Relatório: Boletim"),
    ("re " * 3, "re re re"), ("Re:", ""), ("Re: " * 5_000 + "x", None),
]  # fmt: skip


@pytest.mark.parametrize(("subject", "bare"), MARKS)
def test_marks_of_replies_are_no_part_of_a_subject(subject: str, bare: str | None) -> None:
    found = bare_subject(subject)

    assert bare is None or found == bare


def test_the_same_words_are_no_new_subject() -> None:
    assert new_subject("RES: [Protocolo 1X] boletim NÃO abre", "Boletim não abre") == ""
    assert new_subject("", "Boletim") == ""
    assert new_subject("Res: Nota fiscal", "Boletim") == "Nota fiscal"


async def test_T12_a_reply_with_another_subject_stays_on_its_ticket_and_shows_it(
    office: Office, cast: Cast, say: Say
) -> None:
    await file_batch([say(cast.ana, title="Boletim")], office, clock.now())
    ticket = await Ticket.get()
    claims = (token_claim(ticket.id, cast.ana),)
    for title in ("Re: [Protocolo 1] Boletim", "Nota fiscal de novembro"):
        await file_batch([say(cast.ana, title=title, claims=claims)], office, clock.now())

    entries = await Entry.filter(ticket_id=ticket.id).order_by("seq")

    assert [each.subject for each in entries] == ["", "", "Nota fiscal de novembro"]
    assert (await Ticket.get()).title == "Boletim"
