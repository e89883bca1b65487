"""Servers that lie, hang, drip and flood: nothing is injected, nothing runs full, nothing waits for ever."""

import re
import resource
from dataclasses import replace

import pytest

from core.decision import Reason
from core.message import RefusedMessage
from core.settings import load_settings
from tests.fakes.imap import fake_imap
from tests.imap.conftest import DESK, PROVIDER, Reader, letter, until
from tests.imap.test_reading import alerts, until_cursor

# Every line we may ever say. What a mail says has no place in any of them.
_OURS = re.compile(
    rb"(?:[A-P]{4}[0-9]+ (?:CAPABILITY|NAMESPACE|NOOP|IDLE|LOGOUT"
    rb"|AUTHENTICATE (?:PLAIN|XOAUTH2)"
    rb'|SELECT "INBOX"|LIST "" "(?:Processed|Quarantine)"|STATUS "Quarantine" \(UIDVALIDITY UIDNEXT\)'
    rb"|UID SEARCH UID [0-9]+:\*"
    rb'|UID FETCH [0-9,]+ \((?:RFC822\.SIZE|BODY\.PEEK\[\])\)'
    rb'|UID MOVE [0-9,]+ "(?:Processed|Quarantine)")'
    rb"|[A-Za-z0-9+/=]+|DONE)\r\n"
)
_EVIL = '"x"\r\nA1 STORE 1:* +FLAGS (\\Deleted)\r\nA2 EXPUNGE'


async def test_N01_M16_nothing_a_mail_says_stands_in_any_command(reader: Reader) -> None:
    folded = _EVIL.replace("\r\n", "\r\n ")
    encoded = "=?utf-8?q?" + "".join(f"={byte:02X}" for byte in _EVIL.encode()) + "?="
    mails = [
        letter(encoded, message_id=f"<{folded}@x>"),
        letter("a", references=f"<{folded}>", in_reply_to=f"<{folded}>"),
        letter(encoded, delivered_to=folded, return_path=f"<{folded}>", who="ana@org-a.example"),
        b"A1 EXPUNGE\r\nFrom: a\r\nMessage-ID: A2 STORE 1:* +FLAGS (\\Deleted)\r\n\r\nA3 EXPUNGE\r\n.\r\n",
    ]
    async with (
        fake_imap(mails=dict(enumerate(mails, 1))) as server,
        reader.reading(server.url(DESK, authserv_id=PROVIDER)),
    ):
        await until_cursor(4)
        server.arrive(letter(encoded))
        await until(lambda: sum(map(len, server.moved.values())) == 5)

    strange = [line for line in server.lines if not _OURS.fullmatch(line)]
    assert strange == []
    assert len(reader.messages) == 5


@pytest.mark.parametrize("part", ["u%0D%0AA1%20LOGOUT:p@h/INBOX", "u:p%0A@h/INBOX", "u:p@h/IN%0D%0ABOX", "u:p%00@h/INBOX"])
def test_N01_a_setting_with_a_line_end_is_refused_at_the_start(part: str, tmp_path) -> None:
    from core.errors import Misconfigured

    with pytest.raises(Misconfigured, match="control character") as refused:
        load_settings({"GUICHE_DATA_DIR": str(tmp_path), "GUICHE_IMAP_URLS": f"imap://{part}?mailbox={DESK}"}, demo=True)
    assert "u:p" not in str(refused.value)


async def test_N01_a_servers_own_words_are_no_arguments_either(reader: Reader) -> None:
    async with (
        fake_imap(mails={1: letter("x")}, prefix='a"\r\nA1 EXPUNGE ') as server,
        reader.reading(server.url(DESK)),
    ):
        await until(lambda: server.connections >= 3)

    assert not server.heard("EXPUNGE")


@pytest.mark.parametrize("deaf_to", ["UID SEARCH", "UID FETCH", "DONE", "SELECT", "CAPABILITY"])
async def test_N05_a_server_that_goes_silent_is_left_and_tried_again(reader: Reader, deaf_to: str) -> None:
    """A command, or the end of IDLE, that is never answered: the watchdog, a new connection, an alert."""
    reader.pace = replace(reader.pace, command=0.3, idle=0.2)
    before = alerts("connection")
    async with (
        fake_imap(mails={1: letter("chega")}, deaf_to=deaf_to) as server,
        reader.reading(server.url(DESK, authserv_id=PROVIDER)),
    ):
        await until(lambda: server.connections >= 3)
        server.deaf_to = ""
        await until(lambda: server.moved.get("Processed"))

    assert set(reader.titles) == {"chega"}
    assert alerts("connection") >= before + 2


async def test_N05_a_literal_that_drips_is_cut_off_and_counted_against_the_mail(reader: Reader) -> None:
    reader.pace = replace(reader.pace, command=0.3)
    async with (
        fake_imap(mails={1: letter("gota", "x" * 400), 2: letter("rápida")}, drip=0.05) as server,
        reader.reading(server.url(DESK, authserv_id=PROVIDER)),
    ):
        await until(lambda: server.heard("UID FETCH 1 (BODY"))
        await until(lambda: server.connections >= 2)
        server.drip = 0.0
        await until(lambda: sorted(server.moved.get("Processed", [])) == [1, 2])

    assert set(reader.titles) == {"gota", "rápida"}


async def test_N05_idle_is_renewed_and_half_an_hour_is_never_reached(reader: Reader) -> None:
    from gateway.channels.email_imap import Pace

    assert Pace().idle < 29 * 60
    reader.pace = replace(reader.pace, idle=0.05)
    async with fake_imap() as server, reader.reading(server.url(DESK)):
        await until(lambda: len(server.heard("DONE")) >= 3)
        assert server.connections == 1


async def test_news_said_in_one_breath_with_idle_are_heard(reader: Reader) -> None:
    """A poll of the socket would sleep over what stands in the buffer already."""
    reader.pace = replace(reader.pace, idle=3_600.0)
    async with fake_imap() as server:
        server.news_with_idle = b"* 1 EXISTS\r\n"
        async with reader.reading(server.url(DESK)):
            await until(lambda: len(server.heard("DONE")) >= 2)


async def test_N06_a_literal_larger_than_we_take_is_never_read(reader: Reader) -> None:
    """The size is asked first; a server that lies about it costs no memory and holds up nobody."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    async with (
        fake_imap(mails={1: letter("bomba"), 2: letter("boa")}, literal="9999999999") as server,
        reader.reading(server.url(DESK, authserv_id=PROVIDER)),
    ):
        await until(lambda: server.connections >= 2)
        await until(lambda: len(server.heard("BODY")) >= 1)
        server.hangs_up_on = {1}
        server.literal = ""
        await until(lambda: server.moved.get("Quarantine") == [1] and server.moved.get("Processed"))

    assert set(reader.titles) == {"boa"}
    refused = [each for each in reader.messages if isinstance(each, RefusedMessage)]
    assert {each.reason for each in refused} == {Reason.UNREADABLE}
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50 * 1024


async def test_N06_L11_what_is_too_large_by_its_size_is_never_asked_for(reader: Reader) -> None:
    async with (
        fake_imap(mails={1: letter("pequena")}, sizes={1: 99_999_999}) as server,
        reader.reading(server.url(DESK)),
    ):
        await until(lambda: server.moved.get("Quarantine"))

    assert not server.heard("BODY")
    assert len({each.intake_id for each in reader.messages}) == 1


@pytest.mark.parametrize("flood", [b"x" * 65536, b"* 1 EXISTS\r\n" * 4096, b"* SEARCH " + b"1 " * 32768 + b"\r\n"])
async def test_N06_an_answer_without_end_is_cut_off(reader: Reader, flood: bytes) -> None:
    reader.pace = replace(reader.pace, command=3_600.0)
    async with fake_imap(flood=flood) as server, reader.reading(server.url(DESK)):
        await until(lambda: server.connections >= 2)


async def test_L11_a_mail_whose_fetch_ends_the_connection_is_set_aside_after_five_tries(reader: Reader) -> None:
    mails = {1: letter("antes"), 2: letter("mata"), 3: letter("depois")}
    async with (
        fake_imap(mails=mails, hangs_up_on={2}) as server,
        reader.reading(server.url(DESK, authserv_id=PROVIDER)),
    ):
        await until(lambda: server.moved.get("Quarantine") == [2])
        await until(lambda: sorted(server.moved["Processed"]) == [1, 3])

    assert len(server.heard("UID FETCH 2 (BODY")) == 5
    assert set(reader.titles) == {"antes", "depois"}


async def test_where_nothing_may_be_moved_the_cursor_still_goes_on(reader: Reader) -> None:
    before = alerts("not_moved")
    async with fake_imap(mails={1: letter("um"), 2: letter("dois")}, refuses_to_move=True) as server:
        async with reader.reading(server.url(DESK, authserv_id=PROVIDER)):
            await until_cursor(2)
        async with reader.reading(server.url(DESK, authserv_id=PROVIDER)):
            server.arrive(letter("três"))
            await until_cursor(3)

    assert reader.titles == ["um", "dois", "três"]
    assert alerts("not_moved") > before


async def test_the_last_message_that_every_range_names_is_not_taken_twice(reader: Reader) -> None:
    """RFC 3501 §6.4.8: `n:*` means the last message, even when it is below n."""
    async with (
        fake_imap(mails={5: letter("única")}, refuses_to_move=True) as server,
        reader.reading(server.url(DESK, authserv_id=PROVIDER)),
    ):
        await until_cursor(5)
        await until(lambda: server.heard("UID SEARCH UID 6:*"))

    assert reader.titles == ["única"]


@pytest.mark.parametrize("greeting", [b"\xff\xfe\x00\r\n", b"* PREAUTH come in\r\n", b"* BYE\r\n", b"HTTP/1.1 400\r\n\r\n"])
async def test_whatever_greets_us_instead_is_left_alone(reader: Reader, greeting: bytes) -> None:
    async with fake_imap(greeting=greeting) as server, reader.reading(server.url(DESK)):
        await until(lambda: server.connections >= 2)

    assert not server.heard("AUTHENTICATE")


async def test_a_refused_login_is_an_alert_and_no_hammering(reader: Reader) -> None:
    reader.pace = replace(reader.pace, login_pause=3_600.0)
    before = alerts("login")
    async with fake_imap(deaf_to="") as server:
        server.capabilities = "IMAP4rev1 AUTH=XOAUTH2"
        server.token = "never"
        url = server.url(DESK, auth="xoauth2", token_url="http://127.0.0.1:1/t", client_id="c")
        async with reader.reading(url):
            await until(lambda: alerts("token") > 0)

        assert server.connections == 0
    assert alerts("login") == before


async def test_a_name_of_a_user_with_a_blank_is_one_argument(reader: Reader) -> None:
    """The library sends a user's name bare: a blank in it would begin the next argument."""
    async with (
        fake_imap(capabilities="IMAP4rev1 IDLE MOVE UIDPLUS NAMESPACE") as server,
        reader.reading(server.url(DESK, user="a%20b%22", password="p%20q")),
    ):
        await until(lambda: server.heard("IDLE"))

    assert server.heard("LOGIN")[0].endswith(b' LOGIN "a b\\"" "p q"\r\n')

