"""What could not be read, and what nobody decides about: kept as it came, replayed once the reader is mended, dropped in time."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core import clock
from core.decision import Reason
from core.errors import Refused
from core.keys import Token, TokenKind
from core.message import InboundMessage
from core.people import demo_cast
from core.people.actor import SYSTEM
from core.people.directory import Directory
from core.people.tables import Person
from core.settings import Settings
from core.tickets import holding, releasing
from core.tickets.intake import file_batch
from core.tickets.office import Office
from core.tickets.releasing import ReleaseDesk
from core.tickets.tables import Entry, Held, Intake, Ticket
from gateway.channels.email import MailArrival, normalise, reread
from gateway.ingest import mime
from gateway.ingest.desk import Desk
from gateway.ingest.receive import receive
from tests.fakes.queue import MemoryQueue

RAW = (
    b"From: Ana <ana@org-a.example>\r\nTo: atendimento@instituicoes.example\r\nSubject: Boletim\r\n"
    b"Message-ID: <1@org-a.example>\r\n\r\nN\xc3\xa3o abre.\r\n"
)


@pytest.fixture
async def desk(office: Office) -> Desk:
    await demo_cast.load(office.profile, clock.now())
    return Desk(Settings(), office.profile, office.signing, Directory(office.profile), office.blobs, MemoryQueue())


def arrival() -> MailArrival:
    return MailArrival(RAW, clock.now(), True, "ana@org-a.example", ("atendimento@instituicoes.example",))


async def take(desk: Desk, office: Office) -> None:
    await receive(await normalise(arrival(), desk), desk)
    await file_batch(desk.queue.messages, office, clock.now())


def broken_reader(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    def fail(raw: bytes) -> mime.Mail:
        raise ZeroDivisionError

    monkeypatch.setattr(mime, "parse_mail", fail)
    return monkeypatch


async def release(desk: Desk, office: Office, queue: MemoryQueue) -> None:
    held_id = str((await Held.get(state="held")).id)

    async def again(message: InboundMessage) -> InboundMessage:
        return await reread(message, desk)

    await releasing.release(held_id, SYSTEM, ReleaseDesk(office, desk.directory, queue, again), clock.now())


async def test_IN09_an_unreadable_mail_is_kept_and_becomes_a_ticket_once_the_reader_is_mended(
    desk: Desk, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        broken_reader(patch)
        await take(desk, office)
        held = await Held.get()
        assert (held.reason, await Entry.all().count()) == ("unreadable", 0)
        with pytest.raises(Refused) as refused:
            await release(desk, office, MemoryQueue())
        assert refused.value.reason is Reason.UNREADABLE
        assert (await Held.get()).state == "held"

    queue = MemoryQueue()
    await release(desk, office, queue)
    await file_batch(queue.messages, office, clock.now())

    ticket, entry = await Ticket.get(), await Entry.get()
    assert (ticket.title, entry.text, str(entry.intake_id)) == ("Boletim", "Não abre.", str(held.id))
    row = await Intake.get()
    assert (row.outcome, "released=unreadable" in row.trail.split()) == ("filed", True)
    assert bytes((await Held.get()).body_sealed) == b""


async def test_a_copy_that_comes_after_the_mending_is_the_same_message(
    desk: Desk, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        broken_reader(patch)
        await take(desk, office)
    queue = MemoryQueue()
    await release(desk, office, queue)
    await file_batch(queue.messages, office, clock.now())

    desk.queue.publications.clear()
    await take(desk, office)

    assert await Entry.all().count() == 1


async def test_H01_what_is_read_again_is_made_safe_to_show_like_everything_else(
    desk: Desk, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = RAW.replace(b"\r\n\r\n", b"\r\nContent-Type: text/html\r\n\r\n<p onclick=pwn()>Oi</p><script>pwn()</script>")
    with monkeypatch.context() as patch:
        broken_reader(patch)
        await receive(await normalise(replace(arrival(), raw=raw), desk), desk)
        await file_batch(desk.queue.messages, office, clock.now())

    queue = MemoryQueue()
    await release(desk, office, queue)
    await file_batch(queue.messages, office, clock.now())

    assert "<p>Oi</p>" in (await Entry.get()).html
    assert "pwn" not in (await Entry.get()).html


async def test_what_is_read_again_still_belongs_to_the_ticket_its_envelope_named(
    desk: Desk, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    await take(desk, office)
    ticket, ana = await Ticket.get(), await Person.get(email="ana@org-a.example")
    token = office.signing.sign(Token(TokenKind.CUSTOMER_REPLY, ticket.id, ana.id), clock.now())
    again = replace(
        arrival(), raw=RAW.replace(b"<1@", b"<2@"), recipients=(f"atendimento+{token}@instituicoes.example",)
    )
    desk.queue.publications.clear()
    with monkeypatch.context() as patch:
        broken_reader(patch)
        await receive(await normalise(again, desk), desk)
        await file_batch(desk.queue.messages, office, clock.now())

    queue = MemoryQueue()
    await release(desk, office, queue)
    await file_batch(queue.messages, office, clock.now())

    assert await Entry.filter(ticket_id=ticket.id).count() == 2
    assert (await Entry.get(seq=2)).threaded_by == "reply_token"


async def test_a_stranger_whose_mail_becomes_readable_is_still_refused(
    desk: Desk, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        broken_reader(patch)
        stranger = MailArrival(
            RAW.replace(b"ana@org-a", b"eva@longe"), clock.now(), True, "eva@longe.example",
            ("atendimento@instituicoes.example",),
        )  # fmt: skip
        await receive(await normalise(stranger, desk), desk)
        await file_batch(desk.queue.messages, office, clock.now())

    with pytest.raises(Refused) as refused:
        await release(desk, office, MemoryQueue())

    assert refused.value.reason is Reason.NOT_AUTHORIZED
    assert (await Held.get()).state == "held"


async def test_what_nobody_decides_about_is_dropped_after_the_profiles_days(
    desk: Desk, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        broken_reader(patch)
        await take(desk, office)
    days = timedelta(days=office.profile.mail.held_days)

    assert await holding.expire(office, clock.now() + days - timedelta(hours=1)) == 0
    assert await holding.expire(office, clock.now() + days + timedelta(hours=1)) == 1

    held = await Held.get()
    assert (held.state, bytes(held.body_sealed), bytes(held.sender_sealed)) == ("expired", b"", b"")
    assert await holding.list_held(office.sealing) == []
    assert await Intake.filter(outcome="held").count() == 1
