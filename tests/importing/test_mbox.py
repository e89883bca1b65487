"""An mbox file in all the shapes that such files have."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.importing.mbox import read_mbox
from gateway.importing.piece import Piece

LIMIT = 200_000
MAIL = b"From: ana@org-a.example\nSubject: Um\n\ntexto\n"
LINE = b"From ana@org-a.example Thu Jan  1 10:00:00 2015\n"


def read(tmp_path: Path, content: bytes, start: int = 0) -> list[Piece]:
    path = tmp_path / "mbox"
    path.write_bytes(content)
    pieces = list(read_mbox(path, start, LIMIT))
    assert path.read_bytes() == content
    assert all(each.done <= len(content) for each in pieces)
    return pieces


SEPARATORS = [
    b"From ana@org-a.example Thu Jan  1 10:00:00 2015\n",
    b"From ana@org-a.example  Thu Jan 01 10:00:00 2015\r\n",
    b"From ana@org-a.example Thu Jan  1 10:00:00 -0300 2015\n",
    b"From ana@org-a.example Thu Jan  1 10:00:00 BRT 2015\n",
    b"From ana@org-a.example Thu Jan  1 10:00 2015\n",
    b"From ana@org-a.example Thu, 01 Jan 2015 10:00:00 +0000\n",
    b"From 1487234@xxx Thu Jan 01 10:00:00 +0000 2015\n",
    b"From - Thu Jan 01 10:00:00 2015\n",
    b"From ???@??? Thu Jan 01 10:00:00 2015\n",
    b"From MAILER-DAEMON Thu Jan  1 10:00:00 2015\n",
    b'From "ana da silva"@org-a.example Thu Jan  1 10:00:00 2015 remote from here\n',
]


@pytest.mark.parametrize("line", SEPARATORS)
def test_mails_are_separated_by_every_kind_of_from_line(tmp_path, line):
    pieces = read(tmp_path, line + MAIL + b"\n" + line + MAIL + b"\n")

    assert [each.raw for each in pieces] == [MAIL, MAIL]
    assert pieces[1].done == 2 * len(line + MAIL + b"\n")


NO_SEPARATORS = [
    b"From here on it is simple\n", b"From ana@org-a.example\n", b"From Monday on: 10:00\n",
    b" From ana@org-a.example Thu Jan  1 10:00:00 2015\n", b"from ana@org-a.example Thu Jan  1 10:00:00 2015\n",
    b"From ana@org-a.example Thu Jan  1 10:00:00 2015\nand no field follows\n",
    b"From ana@org-a.example Thu Jan  1 10:00:00 2015\n\n",
]  # fmt: skip


@pytest.mark.parametrize("text", NO_SEPARATORS)
def test_a_text_that_begins_with_from_is_text(tmp_path, text):
    body = MAIL + b"\n" + text + b"more\n"

    assert [each.raw for each in read(tmp_path, LINE + body + b"\n")] == [body]


def test_the_separating_line_tells_time_and_envelope(tmp_path):
    (piece,) = read(tmp_path, LINE + MAIL)

    assert piece.kept_at == datetime(2015, 1, 1, 10, tzinfo=UTC)
    assert (piece.sender, piece.place) == ("ana@org-a.example", "byte 0")


@pytest.mark.parametrize(("quoted", "meant"), [
    (b">From me\n", b"From me\n"), (b">>From me\n", b">From me\n"), (b"> From me\n", b"> From me\n"),
    (b">from me\n", b">from me\n"), (b" >From me\n", b" >From me\n"),
])  # fmt: skip
def test_one_quoting_is_taken_off(tmp_path, quoted, meant):
    assert read(tmp_path, LINE + MAIL + quoted)[0].raw == MAIL + meant


def test_line_ends_are_left_as_they_are(tmp_path):
    crlf = MAIL.replace(b"\n", b"\r\n")

    pieces = read(tmp_path, LINE.replace(b"\n", b"\r\n") + crlf + b"\r\n" + LINE + MAIL)

    assert [each.raw for each in pieces] == [crlf, MAIL]


def test_only_the_files_own_empty_line_is_left_out(tmp_path):
    assert read(tmp_path, LINE + MAIL + b"\n\n\n")[0].raw == MAIL + b"\n\n"


def test_what_comes_before_the_first_mail_and_what_has_no_header_is_told_of(tmp_path):
    pieces = read(tmp_path, b"\x00\xff junk\n" * 9 + LINE + MAIL + b"\n" + LINE + b">From: x\n\x00\xff\n")

    assert [each.trouble for each in pieces] == ["unreadable", "", ""]
    assert read(tmp_path, b"\n\n" + LINE + MAIL)[0].raw == MAIL


def test_a_mail_beyond_the_limit_is_told_of_and_the_next_is_read(tmp_path):
    large = LINE + MAIL + b"y" * (3 * LIMIT) + b"\n\n"

    pieces = read(tmp_path, large + LINE + MAIL)

    assert [(each.trouble, len(each.raw)) for each in pieces] == [("too_large", 0), ("", len(MAIL))]
    assert pieces[0].done == len(large)


def test_a_file_without_any_line_end_is_read_in_parts(tmp_path):
    assert [each.trouble for each in read(tmp_path, b"\x00" * 5 * LIMIT)] == ["unreadable"]
    assert read(tmp_path, b"") == []


def test_reading_may_begin_at_every_place_where_a_mail_was_done(tmp_path):
    content = b"".join(LINE + MAIL.replace(b"Um", b"%d" % number) + b"\n" for number in range(9))
    whole = read(tmp_path, content)

    for number, piece in enumerate(whole, 1):
        assert read(tmp_path, content, piece.done) == whole[number:]


@given(st.lists(st.binary(max_size=200), min_size=1, max_size=6), st.sampled_from([b"\n", b"\r\n"]))
def test_whatever_a_mail_says_comes_back_as_it_was(tmp_path_factory, bodies, end):
    wanted = [b"Subject: x" + end * 2 + body + b"\n" for body in bodies]
    path = tmp_path_factory.mktemp("mbox") / "mbox"
    path.write_bytes(b"".join(LINE + _quoted(mail) + b"\n" for mail in wanted))

    assert [each.raw for each in read_mbox(path, 0, LIMIT)] == wanted


def _quoted(mail: bytes) -> bytes:
    lines = mail.split(b"\n")
    return b"\n".join(b">" + line if line.lstrip(b">").startswith(b"From ") else line for line in lines)
