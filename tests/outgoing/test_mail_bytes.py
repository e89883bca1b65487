"""The bytes we send hold exactly the headers we meant, whatever strangers put into their values."""

from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.tickets.letters import Letter
from gateway.channels.failure import SendFailed
from gateway.channels.mail_bytes import File, mail_bytes
from tests.outgoing.conftest import NOW

LETTER = Letter(
    subject="[Protocolo 1] Olá", text="Bom dia.", from_name="Central de Serviços", from_address="desk@i.example",
    to_name="Ana", to="ana@org-a.example", message_id="abc.def@i.example", return_path="desk@i.example",
    written_at=NOW, reply_to="desk+token@i.example", in_reply_to="m1@ana", references=("m0@ana", "m1@ana"),
)
NAMES = [
    "From", "To", "Subject", "Date", "Message-ID", "Reply-To", "In-Reply-To", "References", "MIME-Version",
    "Content-Type", "Content-Transfer-Encoding",
]


def read(raw: bytes) -> EmailMessage:
    return cast("EmailMessage", message_from_bytes(raw, policy=policy.default))


ATTACKS = [
    "a\r\nBcc: injected@evil.example",
    "a\nBcc: injected@evil.example",
    "a\r\rBcc: x",
    "=?UTF-8?Q?=0A?=Bcc: injected@evil.example",
    "=?utf-8?b?Cg==?= Bcc: x",
    "a\x00b\x1bc\x85d\u2028Bcc: x",
    "\r\n\r\nbody",
    "\ud800",
    "x" * 5_000,
    "á" * 5_000,
    '"quoted" <other@evil.example>, more',
    "(" * 50,
    "",
]


@pytest.mark.parametrize("attack", ATTACKS, ids=range(len(ATTACKS)))
def test_O08_a_strangers_value_adds_no_header(attack: str) -> None:
    raw = mail_bytes(replace(LETTER, subject=attack, from_name=attack, to_name=attack))
    message = read(raw)
    assert message.keys() == NAMES
    assert message["To"].addresses[0].addr_spec == "ana@org-a.example"
    assert len(message["To"].addresses) == 1


@given(st.text(max_size=200))
def test_O08_no_text_at_all_adds_a_header_or_breaks_a_line(text: str) -> None:
    raw = mail_bytes(replace(LETTER, subject=text, from_name=text, text=text))
    assert read(raw).keys() == NAMES
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert b"\r" not in raw.replace(b"\r\n", b"")
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))


def test_a_subject_arrives_as_it_was_meant() -> None:
    subject = "[Protocolo 20261122000001X] Cobrança em duplicidade — não reconheço, ação ção " * 3
    assert read(mail_bytes(replace(LETTER, subject=subject)))["Subject"] == subject.strip()


def test_what_looks_like_an_encoded_word_arrives_as_those_characters() -> None:
    raw = mail_bytes(replace(LETTER, subject="=?utf-8?b?T2k=?="))
    assert read(raw)["Subject"] == "=?utf-8?b?T2k=?="


@pytest.mark.parametrize(
    "address", ["a@b.c\r\nRCPT TO:<x@y.z>", "a@b.c> NOTIFY=NEVER", "a@b.c, x@y.z", "<a@b.c>", "", "a", "çá@b.c"]
)
def test_O10_an_address_that_is_none_is_never_written_to(address: str) -> None:
    with pytest.raises(SendFailed) as failed:
        mail_bytes(replace(LETTER, to=address))
    assert failed.value.permanent
    assert failed.value.reason == "the address is not valid"


def test_I12_a_header_that_would_read_differently_stops_the_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.channels.mail_headers._encoded", lambda text: f"{text}\r\nBcc: x@evil.example")
    with pytest.raises(SendFailed) as failed:
        mail_bytes(replace(LETTER, subject="Hello"))
    assert failed.value.permanent


def test_O17_bare_line_ends_in_a_body_become_whole_ones() -> None:
    raw = mail_bytes(replace(LETTER, text="a\n.\nMAIL FROM:<x>\r.\rb\x00"))
    body = raw.partition(b"\r\n\r\n")[2]
    assert body == b"a\r\n.\r\nMAIL FROM:<x>\r\n.\r\nb\r\n"


def test_a_body_in_portuguese_arrives_whole() -> None:
    text = "Ação concluída.\n\nLinha longa: " + "não " * 500
    message = read(mail_bytes(replace(LETTER, text=text)))
    assert message.get_content().split() == text.split()


def test_message_ids_of_strangers_that_are_none_are_left_out() -> None:
    bad = ("ok@x", "a b@x", "a\r\nBcc: y@x", "<x@y>", "é@x", "y" * 300)
    message = read(mail_bytes(replace(LETTER, references=bad, in_reply_to="a b@x")))
    assert message["References"] == "<ok@x>"
    assert "In-Reply-To" not in message


FILENAMES = {
    "boleto.pdf": "boleto.pdf",
    "ação \u202egnp.exe": "ação gnp.exe",
    "é" * 300 + ".pdf": "é" * 71 + ".pdf",
    'a"; x="y.txt': 'a"; x="y.txt',
    "a\r\nContent-Type: text/html\r\n\r\n<b>.txt": "a Content-Type: text/html <b>.txt",
    "../../etc/passwd": "../../etc/passwd",
    "": "file",
}


@pytest.mark.parametrize(("filename", "shown"), FILENAMES.items(), ids=range(len(FILENAMES)))
def test_O09_a_filename_is_a_name_and_no_header(filename: str, shown: str) -> None:
    message = read(mail_bytes(LETTER, [File(filename, "application/pdf", b"%PDF\x00\r\n.\r\n")]))
    part = next(iter(message.iter_attachments()))
    assert part.keys() == ["Content-Type", "Content-Transfer-Encoding", "Content-Disposition"]
    assert part.get_filename() == shown
    assert part.get_content() == b"%PDF\x00\r\n.\r\n"


@pytest.mark.parametrize(
    "kind", ["text/html\r\nBcc: x@y.z", "multipart/mixed; boundary=x", "message/rfc822", "nonsense", "text/html; a=b"]
)
def test_O09_a_content_type_of_a_stranger_is_plain_or_none(kind: str) -> None:
    message = read(mail_bytes(LETTER, [File("a.bin", kind, b"x")]))
    assert next(iter(message.iter_attachments()))["Content-Type"] == "application/octet-stream"


def test_O07_no_machine_and_no_program_is_named() -> None:
    raw = mail_bytes(LETTER, [File("a.bin", "application/pdf", b"x")])
    message = read(raw)
    assert not [name for name in message if name in ("Sender", "Received", "User-Agent", "X-Mailer")]
    assert b"python" not in raw.lower()
    assert raw == mail_bytes(LETTER, [File("a.bin", "application/pdf", b"x")])


def test_only_automatic_mail_says_that_it_is() -> None:
    assert "Auto-Submitted" not in read(mail_bytes(LETTER))
    automatic = read(mail_bytes(replace(LETTER, auto_submitted="auto-generated")))
    assert automatic["Auto-Submitted"] == "auto-generated"
    assert automatic["X-Auto-Response-Suppress"] == "All"
