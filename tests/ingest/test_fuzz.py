"""Mails of the corpus, torn: whatever comes of them is read, quickly, and fit for a database (SECURITY.md P18)."""

import random
import time

from gateway.ingest.bounded_mail import mail_of, pieces_of
from gateway.ingest.mail import Mail
from gateway.ingest.mime import parse_mail
from gateway.ingest.tnef import read_tnef
from gateway.ingest.uuencoded import files_in
from tests.ingest.corpus import cases
from tests.ingest.test_hostile_mail import CPU_SECONDS

PIECES = (
    b"\r\n", b"\n", b"\r", b"\r\n\r\n", b"\x00", b"\xff", b"\xc3", b"\xed\xa0\x80", b"=?utf-8?b?", b"?=", b"=?", b"<", b">",
    b'"', b"\\", b"(", b")", b";", b":", b",", b"@", b"=", b"--", b"--b", b"--b--", b" ", b"\t", b"begin 644 a\n", b"*0*=",
    b"Content-Type: multipart/mixed; boundary=b\r\n", b"Content-Type: message/rfc822\r\n", b"From: x@y.example\r\n",
    b"Content-Transfer-Encoding: base64\r\n", b"charset=utf-16", b"\x78\x9f\x3e\x22", b"<div>", b"<!--", b"&#0;", b"\x1b$B",
)  # fmt: skip


def test_P18_mails_of_the_corpus_torn_in_any_way_are_read(rng, count):
    mails = [case.raw for case in cases() if case.raw]
    slowest = 0.0

    for _ in range(count(100_000)):
        raw = torn(rng.choice(mails), rng.choice(mails), rng)
        before = time.process_time()
        mail = parse_mail(raw)
        slowest = max(slowest, time.process_time() - before)
        assert_is_fit_to_be_kept(mail, raw)

    assert slowest < CPU_SECONDS


def test_P18_bytes_at_random_are_read(rng, count):
    for _ in range(count(20_000)):
        raw = rng.randbytes(int(10 ** rng.uniform(1, 4.5)))

        assert_is_fit_to_be_kept(parse_mail(raw), raw)


def test_P14_a_winmail_dat_torn_in_any_way_is_read(rng, count):
    mails = [parse_mail(case.raw) for case in cases() if case.name.startswith("winmail")]
    containers = [file.content for mail in mails for file in mail.attachments if file.filename == "winmail.dat"]
    assert containers

    for _ in range(count(50_000)):
        data = torn(rng.choice(containers), rng.choice(containers), rng)
        found = read_tnef(data)

        assert sum(len(file.content) for file in found.files) <= 3 * len(data)


def test_P10_a_uuencoded_file_torn_in_any_way_is_read(rng, count):
    whole = next(case.raw for case in cases() if case.name == "uuencoded-twice-without-mime")

    for _ in range(count(50_000)):
        data = torn(whole, whole, rng)

        assert all(0 <= each.start < each.end <= len(data) for each in files_in(data))


def torn(raw: bytes, other: bytes, rng: random.Random) -> bytes:
    """`raw` after one to eight accidents."""
    data = bytearray(raw)
    for _ in range(rng.randint(1, 8)):
        at = rng.randint(0, len(data))
        to = min(len(data), at + int(10 ** rng.uniform(0, 2.5)))
        match rng.randrange(8):
            case 0:
                del data[at:to]
            case 1:
                data[at:at] = rng.choice(PIECES)
            case 2:
                data[at:at] = data[at:to] * rng.randint(1, 20)
            case 3:
                data[at:to] = rng.randbytes(to - at)
            case 4 if at < len(data):
                data[at] ^= 1 << rng.randrange(8)
            case 5:
                start = rng.randint(0, len(other))
                data[at:to] = other[start : start + rng.randint(0, 2_000)]
            case 6:
                data = data[:at] if rng.random() < 0.2 else data
            case _:
                data[at:at] = rng.choice(PIECES) * rng.randint(1, 200)
    return bytes(data[:200_000])


def assert_is_fit_to_be_kept(mail: Mail, raw: bytes) -> None:
    texts = [mail.subject, mail.from_name, mail.from_addr, mail.text, mail.reply_text, mail.html, mail.message_id]
    texts += [mail.in_reply_to, *mail.references, *mail.flags]
    texts += [text for each in (*mail.to, *mail.cc) for text in (each.name, each.email)]
    texts += [text for each in mail.attachments for text in (each.filename, each.content_type, each.content_id)]
    for text in texts:
        assert "\x00" not in text
        text.encode()
    for line in (mail.subject, mail.from_name, mail.from_addr, *(each.filename for each in mail.attachments)):
        assert not {"\r", "\n"} & set(line)
    assert 0 <= mail.body_at <= len(raw)
    assert all(each.filename for each in mail.attachments)
    assert bool(mail.reply_text) == bool(mail.text.strip())
    assert mail_of(pieces_of(mail)) == mail
