"""Reading folders of a real server: nothing is missed, nothing is touched, everything finds its place."""

import asyncio
from dataclasses import replace

import pytest
import structlog

from core import clock
from core.attachments import FileBlobs
from core.cursors import MailboxCursor
from core.decision import Reason
from core.errors import Misconfigured, Unavailable
from core.message import Authentication, Bounce, InboundMessage, RefusedMessage
from gateway.channels import imap_taking
from gateway.channels.email_imap import fetch_mail
from tests.imap.conftest import ANA, BRUNO, DESK, PROVIDER, QUICK, Reader, cursor, letter, until
from tests.services import dovecot as dovecot_service
from tests.services.dovecot import Dovecot


async def test_a_mail_is_taken_moved_and_left_behind_the_cursor(reader: Reader, dovecot: Dovecot, user: str) -> None:
    dovecot.put(user, letter("Boletim"))

    async with reader.reading(dovecot.url(user, DESK, authserv_id=PROVIDER)):
        await until(lambda: dovecot.mails(user, "Processed"))
        await until_cursor(1)

    [message] = reader.messages
    assert isinstance(message, InboundMessage)
    assert (message.title, message.held_for, message.mailbox) == ("Boletim", None, DESK)
    assert message.authentication is Authentication.DMARC
    assert dovecot.mails(user, "INBOX") == {}
    assert b"\\Seen" not in dovecot.flags(user, "Processed")[0]


async def until_cursor(uid: int) -> None:
    """Wait until the cursor of INBOX stands at `uid`."""
    for _ in range(1_000):
        row = await MailboxCursor.get_or_none(folder="INBOX")
        if row is not None and row.uid >= uid:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"the cursor did not come to {uid}")


async def test_news_come_by_idle_while_others_read_and_delete(reader: Reader, dovecot: Dovecot, user: str) -> None:
    """N07: somebody else reads, marks and deletes with another program; nothing is missed."""
    async with reader.reading(dovecot.url(user, DESK, authserv_id=PROVIDER)):
        for number in range(5):
            with dovecot.client(user) as other:
                other.select_folder("INBOX")
                other.append("INBOX", letter(f"nota {number}"), (b"\\Seen", b"\\Flagged"))
                other.append("INBOX", letter("apagada"))
                gone = other.search(["SUBJECT", "apagada"])
                other.delete_messages(gone)
                other.expunge(gone)
            await until(lambda: len(dovecot.mails(user, "Processed")) > number)  # noqa: B023
        await until(lambda: not dovecot.mails(user, "INBOX"))

    kept = [title for title in reader.titles if title != "apagada"]
    assert kept == [f"nota {number}" for number in range(5)]


@pytest.mark.services
async def test_a_server_without_idle_move_or_uidplus_is_looked_into(reader: Reader) -> None:
    """Copied and marked deleted; what others marked deleted is never expunged."""
    with dovecot_service.server(
        prefix="INBOX.", separator=".", more="imap_capability = IMAP4rev1 NAMESPACE SASL-IR"
    ) as server:
        user = server.new_user()
        server.put(user, letter("de outrem"), flags=(b"\\Deleted",))
        server.put(user, letter("nosso"))
        async with reader.reading(server.url(user, DESK, authserv_id=PROVIDER)):
            await until(lambda: len(server.mails(user, "INBOX.Processed")) == 2)
            await until_cursor(2)
            server.put(user, letter("depois"))
            await until(lambda: len(server.mails(user, "INBOX.Processed")) == 3)

        assert reader.titles == ["de outrem", "nosso", "depois"]
        assert len(server.mails(user, "INBOX")) == 3
        assert all(b"\\Deleted" in flags for flags in server.flags(user, "INBOX"))


@pytest.mark.services
async def test_without_move_only_our_own_are_expunged(reader: Reader) -> None:
    with dovecot_service.server(more="imap_capability = IMAP4rev1 NAMESPACE SASL-IR UIDPLUS IDLE") as server:
        user = server.new_user()
        titles = [f"nossa {number}" for number in range(20)]
        server.put(user, *(letter(title) for title in titles))
        # In the next batch, and marked by somebody: a bare EXPUNGE would take it before we have read it.
        server.put(user, letter("de outrem"), flags=(b"\\Deleted",))
        async with reader.reading(server.url(user, DESK, authserv_id=PROVIDER)):
            await until(lambda: len(server.mails(user, "Processed")) == 21)

        assert reader.titles == [*titles, "de outrem"]
        assert server.mails(user, "INBOX") == {}


async def test_refused_too_large_and_held_find_their_places(reader: Reader, dovecot: Dovecot, user: str) -> None:
    """S11, S19, L12: a refused one goes to quarantine, one too large is never fetched, a held one is kept by us."""
    large = letter("grande", "x" * 70_000)
    dovecot.put(user, letter("sem direito", who=BRUNO), large, letter("sem prova", proven=False, who="x@nada.example"))
    url = dovecot.url(user, DESK, authserv_id=PROVIDER)

    async with reader.reading(url, GUICHE_MAX_MESSAGE_BYTES="65536"):
        await until(lambda: len(dovecot.mails(user, "Quarantine")) == 3)

    refused = [each for each in reader.messages if isinstance(each, RefusedMessage)]
    assert [each.reason for each in refused] == [Reason.NOT_AUTHORIZED, Reason.TOO_LARGE, Reason.NOT_AUTHORIZED]
    assert [each.notice_to for each in refused] == [BRUNO, "", ""]
    assert refused[1].size >= 70_000 and not refused[1].sender_hash


async def test_a_null_return_path_of_nobody_is_a_bounce(reader: Reader, dovecot: Dovecot, user: str) -> None:
    """S20: and a mail whose provider wrote no Return-Path is none."""
    dovecot.put(
        user, letter("devolvida", who="mailer-daemon@longe.example", return_path="<>"), letter("sem", return_path=""),
        b"Subject: de quem?\r\n\r\nx\r\n",
    )  # fmt: skip
    async with reader.reading(dovecot.url(user, DESK, authserv_id=PROVIDER)):
        await until(lambda: len(dovecot.mails(user, "Processed")) == 2 and dovecot.mails(user, "Quarantine"))

    bounce, message, refused = reader.messages
    assert isinstance(bounce, Bounce) and isinstance(refused, RefusedMessage)
    assert isinstance(message, InboundMessage) and not message.is_automatic and message.held_for is None


async def test_a_reply_address_in_any_header_of_the_delivery_counts(reader: Reader, dovecot: Dovecot, user: str) -> None:
    from core.keys import Token, TokenKind

    token = reader.desk.signing.sign(Token(TokenKind.CUSTOMER_REPLY, 7, 1), clock.now())
    plus = f"atendimento+{token}@instituicoes.example"
    dovecot.put(user, letter("por cópia oculta", to="outros@longe.example", delivered_to=plus))
    async with reader.reading(dovecot.url(user, DESK, authserv_id=PROVIDER)):
        await until(lambda: dovecot.mails(user, "Processed"))

    [message] = reader.messages
    assert isinstance(message, InboundMessage)
    assert [claim.ticket_id for claim in message.claims] == [7]
    assert message.mailbox == DESK


async def test_S08_T13_one_mail_in_two_folders_and_by_smtp_is_one_entry(
    reader: Reader, dovecot: Dovecot, user: str
) -> None:
    from gateway.channels.email import MailArrival, normalise
    from gateway.ingest.receive import receive

    raw = letter("uma só")
    with dovecot.client(user) as client:
        client.create_folder("Suporte")
    dovecot.put(user, b"Received: from a by b\r\n" + raw)
    dovecot.put(user, b"Received: from c by d\r\n" + raw, folder="Suporte")
    by_smtp = MailArrival(raw, clock.now(), peer_is_trusted=True, mail_from=ANA, recipients=(DESK,))
    await receive(await normalise(by_smtp, reader.desk), reader.desk)

    urls = [dovecot.url(user, DESK, folder, authserv_id=PROVIDER) for folder in ("INBOX", "Suporte")]
    async with reader.reading(*urls):
        await until(lambda: len(dovecot.mails(user, "Processed")) == 2)

    assert len(reader.messages) == 3
    assert await reader.filed() == 1


async def test_N02_other_numbers_mean_reading_anew_and_filing_nothing_twice(
    reader: Reader, dovecot: Dovecot, user: str
) -> None:
    with dovecot.client(user) as client:
        client.create_folder("Suporte")
    url = dovecot.url(user, DESK, "Suporte", authserv_id=PROVIDER)
    dovecot.put(user, letter("primeira"), folder="Suporte")
    async with reader.reading(url):
        await until(lambda: dovecot.mails(user, "Processed"))
    before = await cursor("Suporte")

    [old] = dovecot.mails(user, "Processed").values()
    with dovecot.client(user) as client:
        client.delete_folder("Suporte")
        client.create_folder("Suporte")
        state = client.select_folder("Suporte")
    if state[b"UIDVALIDITY"] == before.uid_validity:  # made within one second
        await MailboxCursor.filter(folder="Suporte").update(uid_validity=before.uid_validity - 1, uid=10)
    dovecot.put(user, old, letter("segunda"), folder="Suporte")
    async with reader.reading(url):
        await until(lambda: len(dovecot.mails(user, "Processed")) == 3)

    assert reader.titles == ["primeira", "primeira", "segunda"]
    assert await reader.filed() == 2


async def test_a_folder_of_hundreds_is_caught_up_with_in_order(reader: Reader, dovecot: Dovecot, user: str) -> None:
    """IN07: after a long outage all of it comes, oldest first."""
    from imapclient import IMAPClient

    number = 520
    with dovecot.client(user) as client:
        assert isinstance(client, IMAPClient)
        client.multiappend("INBOX", [letter(f"n{each}") for each in range(number)])

    async with reader.reading(dovecot.url(user, DESK, authserv_id=PROVIDER)):
        await until_cursor(number)

    assert reader.titles == [f"n{each}" for each in range(number)]
    assert dovecot.mails(user, "INBOX") == {}


async def test_our_own_trouble_moves_nothing_and_passes(reader: Reader, dovecot: Dovecot, user: str) -> None:
    """N03, S24: while it cannot be stored, the mail stays where it is."""
    reader.queue.trouble = Unavailable("the queue is away")
    dovecot.put(user, letter("espera"))
    async with reader.reading(dovecot.url(user, DESK, authserv_id=PROVIDER)):
        await until(lambda: alerts("unavailable") > 0)
        assert dovecot.mails(user, "INBOX")
        assert not dovecot.mails(user, "Processed")
        reader.queue.trouble = None
        await until(lambda: dovecot.mails(user, "Processed"))

    assert reader.titles == ["espera"]


def alerts(kind: str) -> float:
    from gateway.metrics import REGISTRY

    return REGISTRY.get_sample_value("guiche_mailbox_alerts_total", {"kind": kind}) or 0.0


async def test_N04_L11_a_mail_nobody_can_take_is_set_aside_after_five_tries_and_the_rest_flows(
    reader: Reader, dovecot: Dovecot, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = []
    real = imap_taking.normalise

    async def breaks(arrival: object, desk: object) -> object:
        if b"veneno" in arrival.raw:  # type: ignore[attr-defined]
            tries.append(1)
            raise ZeroDivisionError
        return await real(arrival, desk)  # type: ignore[arg-type]

    monkeypatch.setattr(imap_taking, "normalise", breaks)
    dovecot.put(user, letter("veneno"), letter("boa"), letter("outra"))
    url = dovecot.url(user, DESK, authserv_id=PROVIDER)

    reader.pace = replace(QUICK, tries=(60.0,))
    with structlog.testing.capture_logs():
        async with reader.reading(url):
            await until(lambda: len(dovecot.mails(user, "Processed")) == 2)
            await until_cursor(0)
    row = await cursor()
    assert (row.uid, row.failing_uid, row.failures, len(tries)) == (0, 1, 1, 1)
    reader.pace = QUICK
    with structlog.testing.capture_logs() as logged:
        async with reader.reading(url):
            await until(lambda: dovecot.mails(user, "Quarantine"))
            await until_cursor(1)

    assert len(tries) == 5
    assert {"event": "mail_set_aside", "log_level": "error", "reason": "unreadable"}.items() <= logged[-1].items()
    assert reader.titles == ["boa", "outra"]
    [refused] = [each for each in reader.messages if isinstance(each, RefusedMessage)]
    assert refused.reason is Reason.UNREADABLE
    row = await cursor()
    assert (row.uid, row.failing_uid, row.failures) == (1, None, 0)


async def test_a_sender_dns_cannot_tell_about_is_asked_for_five_times_then_held(
    reader: Reader, dovecot: Dovecot, user: str
) -> None:
    """INTERFACES.md §5: by IMAP nobody is told 451; the mail waits, and the next one does not."""
    reader.pace = replace(reader.pace, tries=(0.2,))
    dovecot.put(user, letter("em dúvida", proven=False, dkim_signature=signature()), letter("provada"))

    async with reader.reading(dovecot.url(user, DESK, authserv_id=PROVIDER)):
        await until(lambda: len(dovecot.mails(user, "Processed")) == 2)

    assert reader.titles == ["provada", "em dúvida"]
    held = reader.messages[1]
    assert isinstance(held, InboundMessage) and held.held_for is Reason.SENDER_NOT_PROVEN


def signature() -> str:
    return "v=1; a=rsa-sha256; d=org-a.example; s=s1; h=from:subject; bh=AAAA; b=AAAA"


async def test_quarantine_is_emptied_a_week_after_the_move_whatever_the_mails_date(
    reader: Reader, dovecot: Dovecot, user: str
) -> None:
    from datetime import UTC, datetime, timedelta

    with dovecot.client(user) as client:
        long_ago = datetime(2020, 1, 1, tzinfo=UTC)
        client.append("INBOX", letter("antiga", who=BRUNO), msg_time=long_ago)
    url = dovecot.url(user, DESK, authserv_id=PROVIDER)
    async with reader.reading(url):
        await until(lambda: dovecot.mails(user, "Quarantine"))
        await until_mark()
    async with reader.reading(url):
        # A mark is there, and it is young: nothing is deleted.
        dovecot.put(user, letter("nova", who=BRUNO))
        await until(lambda: len(dovecot.mails(user, "Quarantine")) == 2)
    await MailboxCursor.filter(folder__startswith="Quarantine").update(updated_at=clock.now() - timedelta(days=7, hours=1))

    async with reader.reading(url):
        await until(lambda: len(dovecot.mails(user, "Quarantine")) == 1)
        dovecot.put(user, letter("ainda lê"))
        await until(lambda: dovecot.mails(user, "Processed"))

    assert b"nova" in next(iter(dovecot.mails(user, "Quarantine").values()))


async def until_mark() -> None:
    while not await MailboxCursor.exists(folder__startswith="Quarantine"):
        await asyncio.sleep(0.02)


async def test_a_mailbox_the_profile_does_not_have_is_named_at_the_start(reader: Reader, dovecot: Dovecot) -> None:
    with pytest.raises(Misconfigured, match=r"outra@longe\.example is no mailbox of the profile"):
        await fetch_mail(reader.desk_with(dovecot.url("ninguem", "outra@longe.example")))


async def test_cancellation_ends_a_waiting_connection_at_once(reader: Reader, dovecot: Dovecot, user: str) -> None:
    async with asyncio.timeout(20):
        async with reader.reading(dovecot.url(user, DESK)):
            await until(lambda: alerts_open() == 1)
        assert alerts_open() == 0


def alerts_open() -> float:
    from gateway.metrics import REGISTRY

    return REGISTRY.get_sample_value("guiche_mailboxes_open") or 0.0


async def test_what_was_large_is_in_the_store_before_it_leaves_the_inbox(
    reader: Reader, dovecot: Dovecot, user: str
) -> None:
    raw = letter("grande", "linha\r\n" * 40_000)
    dovecot.put(user, raw)
    async with reader.reading(dovecot.url(user, DESK, authserv_id=PROVIDER)):
        await until(lambda: dovecot.mails(user, "Processed"))

    [message] = reader.messages
    assert isinstance(message, InboundMessage) and message.raw is not None
    assert isinstance(reader.desk.blobs, FileBlobs)
    assert await reader.desk.blobs.get(message.raw.digest) == raw
