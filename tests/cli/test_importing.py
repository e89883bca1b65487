"""`guiche import`: old mail becomes closed tickets at its own time, once, and nobody hears of it."""

import asyncio
import shutil
import signal
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core import clock
from core.database import open_database
from core.deliveries import Delivery
from core.people import agents, organizations, persons
from core.people.actor import SYSTEM
from core.profile_loading import load_profile
from core.tickets.tables import Entry, EntryAttachment, Held, Intake, Ticket
from tests.cli.command import KEY, Command
from tests.harness.post import mail

DESK = "atendimento@instituicoes.example"
ANA, BIA, CLARA = "ana@org-a.example", "bia@org-a.example", "clara@instituicoes.example"
LINE = b"From %s Thu Jan  1 10:00:00 2015\n"
DATE = "Tue, 03 Mar 2015 09:%02d:00 -0300"


def old(from_: str, subject: str, text: str = "texto", minute: int = 0, **headers: str) -> bytes:
    return mail(from_, DESK, subject, text, date=DATE % minute, **headers)


def mbox_of(*mails: bytes, ends: bytes = b"\n") -> bytes:
    return b"".join(LINE % b"x@y.example" + each.replace(b"\r\n", b"\n") + b"\n" for each in mails).replace(b"\n", ends)


@pytest.fixture
def peopled(on_both):
    """Org A with Ana and Bia, who may speak, and agent Clara; on both databases."""
    return furnished(on_both)


@pytest.fixture
def lone(tmp_path, migrated_sqlite):
    """The same on SQLite alone."""
    path = shutil.copy(migrated_sqlite, tmp_path / "guiche.sqlite3")
    settings = {"GUICHE_DATABASE_URL": f"sqlite://{path}", "GUICHE_SECRET_KEY": KEY, "GUICHE_DATA_KEYS": KEY}
    return furnished(Command(tmp_path, settings))


def furnished(guiche: Command) -> Command:
    async def furnish():
        profile, at = load_profile("instituicoes"), clock.now()
        async with open_database(guiche.settings["GUICHE_DATABASE_URL"]):
            await organizations.add(organizations.NewOrganization("Org A", ["org-a.example"]), SYSTEM, at)
            for email, name in ((ANA, "Ana"), (BIA, "Bia")):
                await persons.add(persons.NewPerson(email, "Org A", name, role="key_user"), profile, SYSTEM, at)
            await agents.add(agents.NewAgent(CLARA, "n1", "Clara"), profile, SYSTEM, at)

    asyncio.run(furnish())
    return guiche


def rows_of(guiche, *models):
    async def load():
        async with open_database(guiche.settings["GUICHE_DATABASE_URL"]):
            return [await model.all().order_by("id") for model in models]

    return asyncio.run(load())


def archive(guiche, content: bytes) -> str:
    path = guiche.folder / "old.mbox"
    path.write_bytes(content)
    return str(path)


def test_in20_an_archive_becomes_closed_tickets_of_its_own_time_and_nothing_leaves(peopled):
    first, reply = "<um@org-a.example>", "<dois@org-a.example>"
    path = archive(peopled, mbox_of(
        old(ANA, "Boletim", "não abre", 1, message_id=first),
        old(BIA, "Re: Boletim", "aqui também", 5, message_id=reply, in_reply_to=first, references=first),
        old(ANA, "Outro", minute=7, message_id="<tres@org-a.example>"),
        old(ANA, "Re: Boletim", "e agora sim", 9, references=f"{first} {reply}"),
    ))  # fmt: skip

    tally = peopled.json("import", "mbox", path)

    assert tally["filed"] == 4
    assert sum(value for value in tally.values() if isinstance(value, int)) == 4
    tickets, entries, deliveries = rows_of(peopled, Ticket, Entry, Delivery)
    assert [(each.title, each.status, each.entry_count) for each in tickets] == [
        ("Boletim", "closed", 3), ("Outro", "closed", 1)]
    assert tickets[0].opened_at == datetime(2015, 3, 3, 12, 1, tzinfo=UTC)
    assert tickets[0].closed_at == datetime(2015, 3, 3, 12, 9, tzinfo=UTC)
    assert [each.at.minute for each in entries if each.ticket_id == tickets[0].id] == [1, 5, 9]
    assert {each.authentication for each in entries} == {"none"}
    assert deliveries == []
    peopled("check")


def test_in20_running_it_again_files_nothing_twice_and_tells_so(peopled):
    path = archive(peopled, mbox_of(*(old(ANA, f"Assunto {number}") for number in range(5)), old("x@y.example", "Spam")))
    peopled("import", "mbox", path)

    again = peopled.json("import", "mbox", path)

    assert (again["filed"], again["duplicates"], again["refused"]) == (0, 5, 1)
    tickets, ledger = rows_of(peopled, Ticket, Intake)
    assert len(tickets) == 5
    assert sorted(each.outcome for each in ledger) == ["filed"] * 5 + ["refused"]


def test_strangers_are_refused_and_agents_held(lone):
    path = archive(lone, mbox_of(old("eva@nobody.example", "Oferta"), old(CLARA, "Re: Boletim"), old(ANA, "Um")))

    tally = lone.json("import", "mbox", path)

    assert (tally["filed"], tally["refused"], tally["held"]) == (1, 1, 1)
    (held,) = rows_of(lone, Held)[0]
    assert held.reason == "sender_not_proven"


def test_what_is_dated_after_the_cut_off_is_filed_as_if_it_came_today(lone):
    path = archive(lone, mbox_of(old(ANA, "Velho"), mail(ANA, DESK, "Novo", "texto")))

    lone("import", "mbox", path, "--archive-before", "2016-01-01")

    tickets, deliveries = rows_of(lone, Ticket, Delivery)
    assert [(each.title, each.status) for each in tickets] == [("Velho", "closed"), ("Novo", "open")]
    assert {each.ticket_id for each in deliveries} == {tickets[1].id}
    assert {each.kind for each in deliveries} >= {"acknowledgement"}


def test_a_mail_written_with_crlf_or_lf_or_quoted_is_one_and_the_same(lone):
    body = old(ANA, "Citação", "antes\n\nFrom here on\n>From there\n", message_id="<igual@org-a.example>")
    quoted = body.replace(b"\n>From", b"\n>>From").replace(b"\nFrom here", b"\n>From here")

    lf = lone.json("import", "mbox", archive(lone, mbox_of(quoted)))
    crlf = lone.json("import", "mbox", archive(lone, mbox_of(quoted, ends=b"\r\n")))

    assert (lf["filed"], crlf["filed"], crlf["duplicates"]) == (1, 0, 1)
    assert "\nFrom here on\n" in rows_of(lone, Entry)[0][0].full_text


def test_a_maildir_is_read_in_cur_and_new_and_never_in_tmp(lone):
    folder = lone.folder / "Maildir"
    for part in ("cur", "new", "tmp"):
        (folder / part).mkdir(parents=True)
    (folder / "cur" / "1425384000.a.host:2,S").write_bytes(old(ANA, "Primeiro", minute=1))
    (folder / "new" / "1425384060.b.host").write_bytes(old(ANA, "Segundo", minute=2))
    (folder / "tmp" / "1425384120.c.host").write_bytes(old(ANA, "Nunca", minute=3))
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    tally = lone.json("import", "maildir", str(folder))

    assert tally["filed"] == 2
    assert [each.title for each in rows_of(lone, Ticket)[0]] == ["Primeiro", "Segundo"]
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_dates_that_no_calendar_has_are_taken_from_the_archive_and_kept_within_reason(lone):
    path = archive(lone, mbox_of(
        mail(ANA, DESK, "Sem data", "x", date=""), mail(ANA, DESK, "Cedo", "x", date="Mon, 01 Jan 1900 10:00:00 +0000"),
        mail(ANA, DESK, "Tarde", "x", date="Mon, 01 Jan 2091 10:00:00 +0000"), mail(ANA, DESK, "Torta", "x", date="ontem"),
    ))  # fmt: skip

    lone("import", "mbox", path)

    opened = {each.title: each.opened_at for each in rows_of(lone, Ticket)[0]}
    assert opened["Sem data"] == opened["Torta"] == datetime(2015, 1, 1, 10, tzinfo=UTC)
    assert opened["Cedo"] == datetime(1990, 1, 1, tzinfo=UTC)
    assert opened["Tarde"] < datetime(2090, 1, 1, tzinfo=UTC)


def test_junk_and_giants_stop_nothing_and_are_named(lone):
    giant = mail(ANA, DESK, "Grande", "x" * 70 + "\n").replace(b"xxx", b"y" * 1_300_000)
    path = archive(lone, bytes(range(256)) * 40 + b"\n" + mbox_of(giant, old(ANA, "Pequeno")))

    done = lone("import", "mbox", path, "--json", GUICHE_MAX_MESSAGE_BYTES="1000000")

    assert '"filed": 1' in done.out
    assert '"unreadable": 2' in done.out
    assert '"cause": "too_large"' in done.out


def test_a_mail_of_thirty_megabytes_comes_with_its_file(lone):
    line = b"A" * 76 + b"\r\n"
    headers = f"From: {ANA}\r\nTo: {DESK}\r\nSubject: Pesado\r\nDate: {DATE % 1}\r\nMIME-Version: 1.0\r\n".encode()
    part = b'Content-Type: application/pdf\r\nContent-Disposition: attachment; filename="a.pdf"\r\n'
    raw = headers + part + b"Content-Transfer-Encoding: base64\r\n\r\n" + line * (30_000_000 // len(line))

    assert lone.json("import", "mbox", archive(lone, mbox_of(raw)))["filed"] == 1

    (file,) = rows_of(lone, EntryAttachment)[0]
    assert file.size > 20_000_000


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_in20_an_interrupted_import_goes_on_and_ends_as_an_uninterrupted_one(peopled, number):
    mails = []
    for thread in range(200):
        name = f"<fio-{thread}@org-a.example>"
        mails.append(old(ANA, f"Fio {thread:03}", message_id=name))
        mails.append(old(BIA, f"Re: Fio {thread:03}", "resposta", 1, references=name))
    path = archive(peopled, mbox_of(*mails))

    process = peopled.start("import", "mbox", path)
    progress = wait_for_progress(peopled.data_dir)
    process.send_signal(number)
    _, error = process.communicate(timeout=60)
    assert process.returncode == (-signal.SIGKILL if number == signal.SIGKILL else 1)
    assert number == signal.SIGKILL or "goes on from here" in error
    assert 0 < len(rows_of(peopled, Entry)[0]) < 400
    assert progress.exists()

    tally = peopled.json("import", "mbox", path)

    assert tally["filed"] + tally["duplicates"] == 400
    assert tally["duplicates"] <= 100  # no more than the batch that was under way
    tickets, entries = rows_of(peopled, Ticket, Entry)
    assert sorted((each.title, each.entry_count) for each in tickets) == [(f"Fio {n:03}", 2) for n in range(200)]
    assert len(entries) == 400
    assert not progress.exists()
    peopled("check")


def wait_for_progress(data_dir: Path) -> Path:
    deadline = time.monotonic() + 60
    while not (found := list(data_dir.glob("import-*.json"))):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return found[0]


def test_in20_a_late_answer_to_an_archived_ticket_follows_the_usual_rule(lone):
    first = "<um@org-a.example>"
    lone("import", "mbox", archive(lone, mbox_of(old(ANA, "Boletim", message_id=first))))

    late = mail(ANA, DESK, "Re: Boletim", "ainda não abre", references=first)
    lone("import", "mbox", archive(lone, mbox_of(late)), "--archive-before", "2016-01-01")

    old_one, new_one = rows_of(lone, Ticket)[0]
    assert (old_one.status, new_one.status, new_one.linked_to_id) == ("closed", "open", old_one.id)


@pytest.mark.parametrize(("arguments", "told"), [
    (("mbox", "{folder}"), "a folder"), (("mbox", "{folder}/notes.txt"), "no mbox file"),
    (("maildir", "{folder}"), "no Maildir"),
])  # fmt: skip
def test_what_is_no_archive_is_refused_in_one_line(ready, arguments, told):
    (ready.folder / "notes.txt").write_text("nothing\nof the kind\n")

    assert told in ready("import", *(each.format(folder=ready.folder) for each in arguments), code=1).error


def test_a_cut_off_that_is_no_date_is_a_mistake_of_usage(ready):
    path = archive(ready, mbox_of(old(ANA, "Um")))

    assert "must be a date" in ready("import", "mbox", path, "--archive-before", "ontem", code=2).error
