"""Mails that cost others seconds to minutes (SECURITY.md M4 to M8, M17, P01 to P04, P16, H06): linear here."""

import resource
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from gateway.ingest.automatic import machine_mail
from gateway.ingest.header_block import Headers
from gateway.ingest.mime import parse_mail
from gateway.ingest.reply_text import reply_text
from tests.ingest.mails import HEAD, multipart, plain

CPU_SECONDS = 2
QUOTED = b", ".join(b'"Q, %d" <q%d@x.example>' % (n, n) for n in range(16_000))

HOSTILE = {
    "P01-quoted-addresses": HEAD + b"Cc: " + QUOTED + b"\r\n\r\nx",
    "P02-long-subject": b"Subject: " + b"word " * 1_000_000 + b"\r\n\r\nx",
    "P02-folded-subject": b"Subject: " + b"word\r\n " * 1_000_000 + b"\r\n\r\nx",
    "P02-encoded-subject": b"Subject: " + b"=?utf-8?q?a?= " * 400_000 + b"\r\n\r\nx",
    "P02-headers": HEAD + b"X-A: b\r\n" * 100_000 + b"\r\nx",
    "P02-only-headers": b"A: b\n" * 2_000_000,
    "P03-parts": multipart(*[b""] * 100_000),
    "P03-parameters": plain(b"x", b"Content-Type: text/plain" + b"".join(b"; p*%d*=x" % n for n in range(20_000))),
    "P04-multiparts": HEAD
    + b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(3_000)),
    "P04-mails": HEAD + b"Content-Type: message/rfc822\r\n\r\n" * 5_000,
    "P04-parentheses": b"From: " + b"(" * 200_000 + b"\r\nTo: " + b"(" * 200_000 + b"\r\n\r\nx",
    "P04-open-quotes": b"From: " + b'"\\"' * 60_000 + b"\r\nTo: " + b'\\""' * 20_000 + b"\r\n\r\nx",
    "P04-open-brackets": b"To: " + b"<" * 250_000 + b"\r\n\r\nx",
    "P16-quotes": plain(b">" * 20_000_000),
    "P16-quoted-lines": plain(b">\r\n" * 5_000_000 + b"x"),
    "P16-links": plain(b"http://a.b/?" * 1_500_000),
    "P16-attributions": plain(b"Em 10/10 x\r\n" * 1_500_000),
    "P16-header-lines": plain(b"De: 10/10 x:\r\n" * 1_500_000),
    "P16-signatures": plain(b"-- \r\n" * 1_000_000),
    "P16-dashes": plain(b"-----" * 4_000_000),
    "P16-spaces": plain(b" " * 20_000_000),
    "M4-one-line": plain(b"x" * 20_000_000),
    "boundary-bait": plain(b"--bx\n" * 4_000_000, b"Content-Type: multipart/mixed; boundary=b"),
    "boundary-of-dashes": plain(b"-" * 20_000_000, b"Content-Type: multipart/mixed; boundary=" + b"-" * 190),
    "qp-equals": plain(b"=" * 20_000_000, b"Content-Transfer-Encoding: quoted-printable"),
    "base64-odd": plain(b"A" * 20_000_001, b"Content-Transfer-Encoding: base64"),
} | {
    f"H06-html-{name}": plain(markup * (1_000_000 // len(markup)), b"Content-Type: text/html")
    for name, markup in {
        "divs": b"<div>", "misnested": b"<div></p>", "fonts": b"<font></b>", "adoption": b"<a><p></a></p>",
         "open": b"<",
        "scripts": b"<script>", "comments": b"<!--", "breaks": b" <br> ", "paragraphs": b"<p>x", "entities": b"&amp",
    }.items()
}  # fmt: skip


# What is small enough to be read on the event loop itself, made of one thing over and over.
SMALL = 60_000
FILLERS = [
    b"a", b"a ", b" ", b"(", b")", b'"', b"\\", b"\\(", b'\\"', b"<", b">", b"@", b"a@", b"@a", b",", b";", b"a;", b"a=", b"=?",
    b"=?a?q?", b"?=", b"=", b"[", b".", b"a.", b"-", b"_", b"1", b"1 ", b":", b"a:", b"*", b"%", b"'", b"\xe1", b"&", b"Re: ",
    b"\t", b"/", b"#", b"\x1b$B",
]  # fmt: skip
FIELDS = [
    b"From", b"To", b"Subject", b"Date", b"Message-ID", b"In-Reply-To", b"References", b"Content-Type", b"Content-Disposition",
    b"Content-Transfer-Encoding", b"Reply-To", b"Auto-Submitted", b"Return-Path",
]  # fmt: skip
LINES = [
    b"a", b"-- ", b"--", b">", b"> a", b"De: 10/10 x:", b"Em 10/10 x", b"x wrote:", b"escreveu:", b"_____", b"begin 644 x",
    b"550 5.1.1", b"Status: 5.1.1", b"*De:* x", b"Sent: x", b"http://a", b"<a@b>", b"[cid:a]", b" ", b"@", b"&lt;", b"<br>",
    b"<blockquote>", b"a: b", b"Le 1 a", b"-----Mensagem original-----", b"Enviado do meu iPhone",
]  # fmt: skip
INLINE = {
    f"inline-{field.decode()}-{filler!r}": field + b": " + filler * (SMALL // len(filler)) + b"\r\n\r\nx"
    for field in FIELDS for filler in FILLERS
} | {
    f"inline-{kind.decode()}-{line!r}": HEAD + b"Content-Type: " + kind + b"\r\n\r\n" + (line + b"\r\n") * (SMALL // (len(line) + 2))
    for kind in (b"text/plain", b"text/html", b"message/delivery-status") for line in LINES
}  # fmt: skip


def test_no_hostile_mail_costs_more_than_two_seconds_of_processor():
    """Measured by the kernel, in a child it would end: nothing here depends on how busy the machine is."""
    root = Path(__file__).parents[2]
    child = subprocess.run(
        [sys.executable, "-m", "tests.ingest.test_hostile_mail"], cwd=root, capture_output=True, text=True, check=False
    )

    assert child.returncode == 0, child.stdout[-200:] + child.stderr[-2_000:]


def _read_all() -> None:
    works: dict[str, Callable[[], object]] = {name: partial(parse_mail, raw) for name, raw in (HOSTILE | INLINE).items()}
    works["P04-bounces"] = partial(machine_mail, Headers({"from": [b"bounce" * 10_900]}, 0), "", "")
    for name, work in works.items():
        print(name, flush=True)
        spent = resource.getrusage(resource.RUSAGE_SELF)
        limit = int(spent.ru_utime + spent.ru_stime) + CPU_SECONDS + 1
        resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))
        work()


FRAGMENTS = st.sampled_from(
    [b"From: ", b"To: ", b"Subject: ", b"\r\n", b"\n", b"\r", b"\r\n\r\n", b"=?utf-8?q?", b"=?x?b?", b"?=", b"<", b">",
     b"(", b")", b'"', b"\\", b"@", b",", b";", b":", b"Content-Type: multipart/mixed; boundary=b", b"--b", b"--b--",
     b"Content-Type: text/html", b"Content-Type: message/rfc822", b"Content-Transfer-Encoding: base64",
      b"ana@x.example",
     b"Content-Transfer-Encoding: quoted-printable", b"Content-Disposition: attachment; filename*0*=", b"utf-8''%ff",
     b"Date: ", b"9999", b"charset=utf-16", b"\xff\xfe", b"\x00", b"<div>", b"begin 644 x\n", b"Message-ID: <>",
     b"Content-Type: multipart/alternative; boundary=\"\"", b"References: ", b"\xc3", b"\xed\xa0\x80", b" ", b"\t"]
)  # fmt: skip


@given(st.one_of(st.binary(max_size=2_000), st.lists(FRAGMENTS | st.binary(max_size=20), max_size=60).map(b"".join)))
def test_p18_any_bytes_are_a_mail_whose_texts_a_database_takes(raw):
    mail = parse_mail(raw)

    texts = [mail.subject, mail.from_name, mail.from_addr, mail.text, mail.reply_text, mail.html, mail.message_id]
    texts += [text for each in (*mail.to, *mail.cc) for text in (each.name, each.email)]
    texts += [text for each in mail.attachments for text in (each.filename, each.content_type)]
    for text in texts:
        assert "\x00" not in text
        text.encode()
    assert 0 <= mail.body_at <= len(raw)


@given(st.lists(st.sampled_from(["> ", "Em 1/1/2026, a@b escreveu:", "De: x", "Para: y", "Assunto: z", "-- ", "oi", "",
                                 "-----Mensagem original-----", "Enviado do meu iPhone", "____________________"])
                | st.text(max_size=20), max_size=40).map("\n".join))  # fmt: skip
def test_a_reply_is_never_cut_to_nothing(text):
    assert bool(reply_text(text)) == bool(text.strip())


if __name__ == "__main__":
    _read_all()
