"""Whatever we send, to whomever: the headers are those on the list, and nothing tells of agent, host or program."""

import platform
import re
import socket
from dataclasses import replace
from email import message_from_bytes
from importlib.metadata import version

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import clock
from core.attachments import keep
from core.deliveries import Delivery, DeliveryKind, seal_recipient
from core.dkim_keys import DkimKey
from core.ids import new_id
from core.message import Attachment, Authentication
from core.settings import Settings
from core.tickets.acting import ActionBody, act
from core.tickets.intake import file_batch
from core.tickets.letters import PostOffice
from core.tickets.office import Office
from core.tickets.replying import EntryDraft, add_entry
from core.tickets.tables import Held, Participant, Ticket
from gateway.channels.email_out import EmailOut
from gateway.channels.mail_bytes import File, mail_bytes
from gateway.dispatch import deliver
from tests.fakes.relay import FakeRelay, Taken, fake_relay
from tests.outgoing.test_dispatch import ids, opened
from tests.outgoing.test_mail_bytes import LETTER
from tests.tickets.conftest import Cast, Say, acting, token_claim

# Everything that may ever stand in a header block of ours (I12).
ALLOWED = {
    "DKIM-Signature", "From", "To", "Subject", "Date", "Message-ID", "Reply-To", "In-Reply-To", "References",
    "MIME-Version", "Content-Type", "Content-Transfer-Encoding", "Auto-Submitted", "X-Auto-Response-Suppress",
    "Content-Disposition",
}
ALWAYS = {"From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type"}
NOTE = "canary-note-1b7"
HISTORY = "canary-history-9c2"


async def every_kind(office: Office, cast: Cast, say: Say, settings: Settings) -> tuple[FakeRelay, Ticket]:
    """One mail of each kind we send, taken by a relay."""
    ticket = await opened(office, cast, say, message_id="m1@ana.example")
    ticket.title = "Boleto"
    await Participant.create(ticket=ticket, person=cast.bea, added_by="rule", added_at=clock.now())
    blob = await keep(office.blobs, b"%PDF-1.7")
    file = Attachment(filename="boleto.pdf", content_type="application/pdf", blob=blob)
    clara = acting(cast.clara)
    await add_entry(ticket.protocol, EntryDraft(HISTORY), clara, office)
    await add_entry(ticket.protocol, EntryDraft(NOTE, "internal"), clara, office)
    await add_entry(ticket.protocol, EntryDraft("Segue.", attachments=(file,)), clara, office)
    claims = (token_claim(ticket.id, cast.clara),)
    await file_batch([say(cast.clara, "#voar", claims=claims)], office, clock.now())
    await act(ticket.protocol, "close", ActionBody(fields={"resolution": "Pago."}), clara, office)
    held = await Held.create(
        id=new_id(), reason="address_not_confirmed", channel="form", sender_sealed=b"", body_sealed=b"",
        dedupe_key="x", received_at=clock.now(),
    )
    await Delivery.create(
        id=new_id(), kind=DeliveryKind.CONFIRM_ADDRESS, channel="email", recipient_kind="address", detail=str(held.id),
        recipient_sealed=seal_recipient(office.sealing, "who@x.example"), next_try_at=clock.now(),
        created_at=clock.now(),
    )
    async with fake_relay() as fake:
        settings = replace(settings, relay_url=fake.url)
        email = EmailOut(settings, PostOffice(office.profile, office.signing, settings.base_url), office.blobs)
        await deliver(await ids(), email, office)
        await email.close()
    await Held.filter(id=held.id).delete()
    return fake, ticket


def header_names(raw: bytes) -> list[str]:
    return [name for part in message_from_bytes(raw).walk() for name in part]


async def test_O07_O08_no_mail_of_any_kind_tells_of_agent_host_or_program(
    office: Office, cast: Cast, say: Say, outbox_settings: Settings
) -> None:
    fake, ticket = await every_kind(office, cast, say, outbox_settings)
    kinds = set(await Delivery.filter(state="sent").values_list("kind", flat=True))
    assert kinds >= {"acknowledgement", "reply", "closed", "agent_notice", "note_notice", "confirm_address"}

    forbidden = [socket.gethostname(), socket.getfqdn(), "127.0.0.1", platform.python_version(), "aiosmtplib", "Python",
                 f"guiche/{version('guiche')}"]
    for mail in fake.taken:
        raw = mail.content.decode("ascii")
        assert [word for word in forbidden if len(word) > 3 and word in raw] == []
        assert mail.greeting == office.profile.mail_domain
        names = header_names(mail.content)
        assert set(names) <= ALLOWED
        assert set(names) >= ALWAYS
        message = message_from_bytes(mail.content)
        assert all(len(message.get_all(name) or []) == 1 for name in ALWAYS)
        assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} [\d:]{8} \+0000", str(message["Date"]))
        assert not re.search(rf"\b{ticket.id}\b", str(message["Message-ID"]))
        assert ticket.protocol not in str(message["Message-ID"])


async def test_O01_O02_O05_O06_each_customer_gets_a_mail_of_his_own_without_agent_note_history_or_the_other(
    office: Office, cast: Cast, say: Say, outbox_settings: Settings
) -> None:
    fake, _ = await every_kind(office, cast, say, outbox_settings)
    for person, other in ((cast.ana, cast.bea), (cast.bea, cast.ana)):
        mails = to(fake, person.email)
        assert len(mails) >= 3
        for mail in mails:
            assert mail.recipients == (person.email,)
            for word in (other.email, cast.clara.email, cast.clara.name + " ", NOTE, "Bcc"):
                assert word.encode() not in mail.content
        assert len([mail for mail in mails if HISTORY.encode() in mail.content]) == 1


async def test_I12_only_automatic_mail_is_marked_and_no_list_or_precedence_header_is_ever_sent(
    office: Office, cast: Cast, say: Say, outbox_settings: Settings
) -> None:
    fake, _ = await every_kind(office, cast, say, outbox_settings)
    marks = {}
    for mail in fake.taken:
        message = message_from_bytes(mail.content)
        assert (message["Auto-Submitted"] is None) == (message["X-Auto-Response-Suppress"] is None)
        marks.setdefault(mail.recipients[0], []).append(message["Auto-Submitted"])
    assert marks.pop("who@x.example") == ["auto-generated"]
    assert "auto-replied" in marks[cast.ana.email]
    assert None in marks[cast.ana.email]
    assert set(marks[cast.clara.email]) == {"auto-generated"}


def to(fake: FakeRelay, address: str) -> list[Taken]:
    return [mail for mail in fake.taken if mail.recipients == (address,)]


@pytest.mark.parametrize("way", ["subject", "name", "file", "title of a form"])
async def test_O08_O09_a_strangers_line_ends_never_make_a_header_on_the_wire(
    office: Office, cast: Cast, say: Say, outbox_settings: Settings, way: str
) -> None:
    attack = "x\r\nBcc: evil@x.example\r\n\r\n<b>=?utf-8?q?=0ABcc:_evil@x.example?="
    if way == "name":
        await type(cast.ana).filter(id=cast.ana.id).update(name=attack)
    channel = {"channel": "form", "authentication": Authentication.FORM_TOKEN} if "form" in way else {}
    title = attack if way in ("subject", "title of a form") else "Boleto"
    await file_batch([say(cast.ana, title=title, **channel)], office, clock.now())
    ticket = await Ticket.get()
    blob = await keep(office.blobs, b"x")
    name = attack if way == "file" else "a.txt"
    file = Attachment(filename=name, content_type=f"text/plain\r\nBcc: {name}", blob=blob)
    await add_entry(ticket.protocol, EntryDraft("Segue.", attachments=(file,)), acting(cast.clara), office)
    async with fake_relay() as fake:
        settings = replace(outbox_settings, relay_url=fake.url)
        email = EmailOut(settings, PostOffice(office.profile, office.signing, settings.base_url), office.blobs)
        await deliver(await ids(), email, office)
        await email.close()
    assert len(fake.taken) == 4
    for mail in fake.taken:
        assert set(header_names(mail.content)) <= ALLOWED
        assert len(mail.recipients) == 1


@given(st.text(), st.text(), st.text(max_size=80))
def test_O07_O08_I12_no_text_at_all_adds_a_header(subject: str, name: str, filename: str) -> None:
    letter = replace(LETTER, subject=subject, to_name=name, from_name=name)
    raw = mail_bytes(letter, [File(filename, f"text/{name}", b"x")])
    assert set(header_names(raw)) <= ALLOWED
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))


SMUGGLED = ["\n.\n", "\r\n.\r\n", "\n.\r\n", "\r.\r", "\r\n.\r", ".\r\n", "\r\n.\rMAIL FROM:<a@b>\r\n", "..", "\n..\n"]


@pytest.mark.parametrize("ending", SMUGGLED)
async def test_O17_whatever_ends_its_lines_a_reply_is_one_mail_at_the_relay(
    office: Office, cast: Cast, say: Say, outbox_settings: Settings, ending: str
) -> None:
    ticket = await opened(office, cast, say)
    text = f"antes{ending}MAIL FROM:<evil@x.example>\r\nRCPT TO:<who@x.example>\r\nDATA{ending}depois"
    await add_entry(ticket.protocol, EntryDraft(text), acting(cast.clara), office)
    async with fake_relay() as fake:
        settings = replace(outbox_settings, relay_url=fake.url)
        email = EmailOut(settings, PostOffice(office.profile, office.signing, settings.base_url), office.blobs)
        await deliver(await ids(kind=DeliveryKind.REPLY), email, office)
        await email.close()
    assert [mail.recipients for mail in fake.taken] == [(cast.ana.email,)]
    assert b"depois" in fake.taken[0].content
    assert b"\n" not in fake.taken[0].content.replace(b"\r\n", b"")


def test_O20_a_key_a_relay_and_a_password_never_show_in_what_is_printed_of_settings() -> None:
    settings = Settings(relay_url="smtp://desk:canary-pw@relay.example", dkim_key=(DkimKey("s", "d.example", "/k"),))
    assert "canary-pw" not in repr(settings)
