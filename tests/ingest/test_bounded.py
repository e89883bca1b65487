"""Hostile input costs a child its life and the others nothing (SECURITY.md M5, M6, M17, L10, I10)."""

import asyncio
import sys

import pytest

from gateway.ingest import bounded as children
from gateway.ingest.bounded import Overrun, bounded, end_children
from gateway.ingest.bounded_html import shown_in_time
from gateway.ingest.bounded_mail import INLINE_BYTES, mail_of, pieces_of, read_any_mail
from gateway.ingest.html_shown import shown_html
from gateway.ingest.mime import parse_mail, read_mail
from tests.ingest.corpus import cases
from tests.ingest.mails import HEAD, HTML, TEXT, multipart, plain
from tests.ingest.test_hostile_mail import HOSTILE

LAG_SECONDS = 0.25

SPOILED = """
import time
from gateway.ingest import bounded_child
bounded_child.TASKS["mail"] = lambda data: {act}
bounded_child.main()
"""


@pytest.fixture(autouse=True)
def _no_child_of_another_test():
    end_children()
    yield
    end_children()


def _spoil(monkeypatch, act: str) -> None:
    monkeypatch.setattr(children, "COMMAND", [sys.executable, "-I", "-c", SPOILED.format(act=act)])


async def test_a_large_mail_is_read_alike_in_the_child_and_here():
    picture = b"Content-Type: image/png; name=a.png\r\nContent-ID: <a@x>\r\n\r\n" + bytes(range(256)) * 2_000
    raw = multipart(TEXT, HTML, picture)
    assert len(raw) > INLINE_BYTES

    assert await read_any_mail(raw) == read_mail(raw)


def test_every_mail_of_the_corpus_comes_back_from_the_child_as_it_was():
    for case in cases():
        mail = parse_mail(case.raw)

        assert mail_of(pieces_of(mail)) == mail, case


@pytest.mark.parametrize(
    "act",
    [
        pytest.param("exec('while True: pass')", id="M5-processor"),
        pytest.param("[b'x' * 3_000_000_000]", id="M6-memory"),
        pytest.param("time.no_such_name", id="M17-crash"),
        pytest.param("__import__('os')._exit(0)", id="gone-without-a-word"),
    ],
)
async def test_a_mail_no_child_survives_comes_back_as_its_headers_and_a_flag(act, monkeypatch):
    _spoil(monkeypatch, act)

    mail = await read_any_mail(HEAD + b"\r\n" + b"x" * INLINE_BYTES)

    assert (mail.subject, mail.from_addr, mail.text) == ("Nota", "ana@org-a.example", "")
    assert mail.identity is not None
    assert mail.flags == ("unreadable",)


async def test_a_child_that_waits_too_long_is_ended(monkeypatch):
    monkeypatch.setattr(children, "WALL_SECONDS", 0.5)
    _spoil(monkeypatch, "time.sleep(3_600)")

    with pytest.raises(Overrun):
        await bounded("mail", b"x")


async def test_M17_large_html_is_made_safe_in_the_child_and_what_it_dies_of_is_not_shown(monkeypatch):
    large = "<p>Olá <script>x</script></p>" * 5_000
    assert await shown_in_time(large) == shown_html(large) != ""

    end_children()
    monkeypatch.setattr(children, "COMMAND", [sys.executable, "-c", "raise SystemExit"])

    assert await shown_in_time(large) == ""


async def test_the_next_mail_finds_a_new_child(monkeypatch):
    large = plain(b"Bom dia.\r\n" * 20_000)
    with monkeypatch.context() as spoiled:
        _spoil(spoiled, "time.no_such_name")
        assert (await read_any_mail(large)).flags == ("unreadable",)

    assert (await read_any_mail(large)).text.startswith("Bom dia.\n")


async def test_L10_costly_mails_wait_for_each_other_and_small_ones_for_nobody(monkeypatch):
    _spoil(monkeypatch, "time.sleep(3_600)")
    monkeypatch.setattr(children, "WALL_SECONDS", 2.0)
    costly = [asyncio.create_task(read_any_mail(plain(b"x" * INLINE_BYTES))) for _ in range(4)]
    await asyncio.sleep(0)

    small = [await read_any_mail(plain()) for _ in range(100)]

    assert {each.text for each in small} == {"Bom dia."}
    assert not any(each.done() for each in costly)
    assert [mail.flags for mail in await asyncio.gather(*costly)] == [("unreadable",)] * 4


@pytest.mark.long
async def test_I10_the_loop_goes_on_while_hostile_mails_are_read():
    large = plain(b"ol=C3=A1 mundo =\r\n" * 1_900_000, b"Content-Transfer-Encoding: quoted-printable")
    await read_any_mail(large)  # the children are there

    worst = {}
    for name, raw in {"large": large, **HOSTILE}.items():
        worst[name] = min([await _lag(raw) for _ in range(3)])

    assert {name: lag for name, lag in worst.items() if lag > LAG_SECONDS} == {}


async def _lag(raw: bytes) -> float:
    """The longest the loop kept anybody waiting while `raw` was read twice at a time."""
    loop = asyncio.get_running_loop()
    reading = asyncio.gather(read_any_mail(raw), read_any_mail(raw))
    worst = 0.0
    while not reading.done():
        before = loop.time()
        await asyncio.sleep(0.005)
        worst = max(worst, loop.time() - before - 0.005)
    await reading
    return worst
