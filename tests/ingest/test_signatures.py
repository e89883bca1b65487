"""Signatures beside another program's: the same forms, the same verdicts, and no mail that takes long."""

from datetime import UTC, datetime

import dkim
import pytest
from dkim.canonicalization import Relaxed, Simple
from hypothesis import given
from hypothesis import strategies as st

from core.name_servers import NameServer, parse_name_server
from gateway.ingest.authentication.answers import Questions, Resolver, TooManyQuestions
from gateway.ingest.authentication.canonical import body_pieces, field_bytes, signature_bytes
from gateway.ingest.authentication.dkim_check import check_dkim
from gateway.ingest.authentication.domains import domain_of, is_aligned
from gateway.ingest.authentication.outcome import Outcome
from gateway.ingest.authentication.signed_mail import Field, split_mail
from gateway.ingest.authentication.tags import parse_tags
from gateway.ingest.authentication.upstream import parse_results
from tests.fakes.dns import fake_dns
from tests.harness.signing import SigningKey, dkim_signed
from tests.smtp.mails import mail

KEY = SigningKey.rsa(1_024)
NOW = datetime(2026, 11, 22, tzinfo=UTC)

# What the forms treat apart: spaces, tabs, line ends, a carriage return alone, text.
pieces = st.lists(st.sampled_from([b" ", b"\t", b"\r\n", b"\r\n\r\n", b"\r", b"a", b"b c", b"\xe3"]), max_size=30)


@given(pieces)
def test_the_simple_form_of_a_body_is_what_others_make_of_it(parts):
    body = b"".join(parts).replace(b"\r\r\n", b"\r \r\n") + b"x\r\n\r\n"

    assert b"".join(body_pieces(body, relaxed=False)) == Simple.canonicalize_body(body)


@given(pieces, pieces)
def test_the_relaxed_form_of_a_body_is_what_others_make_of_it(parts, ending):
    body = b"".join(parts) + b"x" + b"".join(each for each in ending if each != b"\r") + b"\r\n"

    assert b"".join(body_pieces(body, relaxed=True)) == Relaxed.canonicalize_body(body)


@given(st.lists(st.sampled_from([b" ", b"\t", b"a", b"b  c", b"\r\n ", b"\r\n\t"]), max_size=20))
def test_the_relaxed_form_of_a_field_is_what_others_make_of_it(parts):
    value = b"".join(parts) + b"\r\n"
    [(name, expected)] = Relaxed.canonicalize_headers([(b"Subject", value)])

    assert field_bytes(Field(b"Subject", value), relaxed=True) == name + b":" + expected


@pytest.mark.parametrize(
    ("body", "simple", "relaxed"),
    [
        (b"", b"\r\n", b""),
        (b"\r\n\r\n", b"\r\n", b""),
        (b" \r\n\t\r\n", b" \r\n\t\r\n", b""),
        (b" C \r\nD \t E\r\n\r\n\r\n", b" C \r\nD \t E\r\n", b" C\r\nD E\r\n"),  # RFC 6376 §3.4.5
        (b"no end", b"no end\r\n", b"no end\r\n"),
        (b"a\r\r\n", b"a\r\r\n", b"a\r\r\n"),
    ],
)
def test_bodies_of_the_standard_and_the_shortest_ones(body, simple, relaxed):
    assert b"".join(body_pieces(body, relaxed=False)) == simple
    assert b"".join(body_pieces(body, relaxed=True)) == relaxed


@pytest.mark.parametrize(
    "value", [b" v=1; b=AAA; d=x\r\n", b" b=AA\r\n\tBB;bh=CC\r\n", b" v=1; bh=CC; b =AA==\r\n", b"b=A\r\n"]
)
def test_only_the_value_of_b_is_left_out(value):
    left = signature_bytes(Field(b"DKIM-Signature", value), relaxed=False)

    assert b"A" not in left and (b"bh" not in value or b"bh=CC" in left) and not left.endswith(b"\r\n")


@pytest.mark.parametrize("forms", [(b"simple", b"simple"), (b"relaxed", b"simple"), (b"relaxed", b"relaxed")])
def test_a_mail_signed_by_another_program_passes_here_and_ours_passes_there(forms):
    raw = mail(subject="um   assunto\r\n\tdobrado", text="Bom  dia \r\n\r\n fim\t\r\n\r\n")
    theirs = dkim.sign(raw, b"s1", b"org-a.example", KEY.pem, canonicalize=forms) + raw
    ours = dkim_signed(raw, KEY, "org-a.example", forms=b"/".join(forms).decode())

    assert outcome(theirs) is outcome(ours) is Outcome.PASS
    assert dkim.verify(ours, dnsfunc=lambda *_, **__: KEY.record.encode())


def outcome(raw: bytes) -> Outcome:
    with fake_dns() as dns:
        dns.texts["s1._domainkey.org-a.example"] = [KEY.record]
        questions = Questions(Resolver(NameServer("127.0.0.1", dns.port)), float("inf"))
        read = split_mail(raw)
        assert read is not None
        return check_dkim(read, lambda domain: domain == "org-a.example", NOW, questions).outcome


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b" " * 3_000_000 + b"x", id="spaces that end in no line"),
        pytest.param(b"\t \r\n" * 1_000_000 + b"x", id="empty lines before a last one"),
        pytest.param(b"\r\n" * 2_000_000, id="nothing but empty lines"),
        pytest.param(b"\r" * 3_000_000, id="carriage returns"),
        pytest.param(b"\n" * 3_000_000 + b"x", id="line feeds alone"),
    ],
)
def test_I10_a_body_made_to_take_long_is_read_in_linear_time(body):
    raw = b"From: ana@org-a.example\r\n\r\n" + body
    read = split_mail(raw)

    # A quadratic reader sits here for hours, and the run's own time limit ends it.
    assert read is not None
    for relaxed in (False, True):
        assert sum(map(len, body_pieces(read.body, relaxed=relaxed))) >= 0


@pytest.mark.parametrize("piece", [b" ", b"\r\n ", b";", b"b=", b"(", b"=", b"\\", b'"', b"i=1;"])
@pytest.mark.parametrize("name", ["DKIM-Signature", "ARC-Seal", "Authentication-Results", "From"])
def test_I10_a_field_made_to_take_long_is_read_in_linear_time(name, piece):
    raw = name.encode() + b": v=1; " + piece * (200_000 // len(piece)) + b"\r\n\r\nx"
    read = split_mail(raw)
    assert read is not None

    for field in read.fields:
        signature_bytes(field, relaxed=True)
        parse_tags(field.value)
        parse_results(field.value.decode("latin-1"))


@given(st.binary(max_size=400))
def test_P18_no_bytes_make_a_reader_fail(raw):
    read = split_mail(b"DKIM-Signature: " + raw + b"\r\nARC-Seal: " + raw + b"\r\n\r\n" + raw)
    if read is not None:
        assert all(field.value.endswith(b"\r\n") for field in read.fields)
    parse_tags(raw)
    parse_results(raw.decode("latin-1"))


@pytest.mark.parametrize(
    "header",
    [b"From : ana@org-a.example\r\n", b"From ana\r\nFrom: a@b.example\r\n", b" x\r\n", b"X\r\nFrom: a@b.example\r\n",
     b"X: " + b"y" * 300_000 + b"\r\n", b"X: y\r\n" * 1_001],
)  # fmt: skip
def test_a_header_that_signers_and_we_might_read_differently_is_not_read(header):
    assert split_mail(header + b"\r\nx") is None


@pytest.mark.parametrize(
    ("domain", "with_from", "strict", "is_alike"),
    [
        ("org-a.example", "org-a.example", True, True),
        ("mail.org-a.example", "org-a.example", False, True),
        ("mail.org-a.example", "org-a.example", True, False),
        ("org-a.example", "mail.org-a.example", False, True),
        ("org-b.example", "org-a.example", False, False),
        ("example", "org-a.example", False, False),
        ("a.com.br", "b.com.br", False, False),
        ("x.a.com.br", "a.com.br", False, True),
        ("com.br", "a.com.br", False, False),
        ("a.gov.br", "gov.br", False, False),
        ("evilorg-a.example", "org-a.example", False, False),
        ("", "", False, False),
    ],
)
def test_t03_domains_are_alike_below_what_somebody_registered(domain, with_from, strict, is_alike):
    assert is_aligned(domain, with_from, strict=strict) is is_alike


@pytest.mark.parametrize(
    ("address", "domain"),
    [("a@B.example.", "b.example"), ("b.example", "b.example"), ("a@[127.0.0.1]", ""), ("a@b", ""), ("a@-b.example", ""),
     ("a@b..example", ""), ("a@" + "x" * 64 + ".example", ""), ("", ""), ("a@b.example c", "")],
)  # fmt: skip
def test_a_domain_is_taken_from_an_address_or_not_at_all(address, domain):
    assert domain_of(address) == domain


@pytest.mark.parametrize(
    ("text", "server"),
    [("127.0.0.1:53", NameServer("127.0.0.1")), ("[::1]:5353", NameServer("::1", 5353)),
     ("localhost:53", NameServer("127.0.0.1")), ("  ", None)],
)  # fmt: skip
def test_a_name_server_is_named_by_its_address(text, server):
    assert parse_name_server(text) == server


@pytest.mark.parametrize("text", ["dns.example:53", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:0", ":53"])
def test_a_name_server_that_cannot_be_asked_is_a_complaint(text):
    with pytest.raises(ValueError):
        parse_name_server(text)


def test_x19_a_mail_asks_so_often_and_no_more():
    with fake_dns() as dns:
        questions = Questions(Resolver(NameServer("127.0.0.1", dns.port)), float("inf"), left=3)
        for number in range(3):
            questions.texts(f"n{number}.example")
        with pytest.raises(TooManyQuestions):
            questions.texts("n3.example")


def test_answers_are_kept_for_their_time_and_in_bounds(monkeypatch):
    seconds = [100.0]
    monkeypatch.setattr("gateway.ingest.authentication.answers._MAX_KEPT", 3)
    with fake_dns() as dns:
        resolver = Resolver(NameServer("127.0.0.1", dns.port), lambda: seconds[0])
        dns.texts["a.example"], dns.ttl = ["x"], 60
        dns.texts["big.example"] = ["x" * 9_000]
        for name in ("a.example", "a.example", "big.example", "big.example"):
            resolver.ask(name, "TXT", 5)
        seconds[0] += 61
        resolver.ask("a.example", "TXT", 5)

        assert dns.asked["a.example TXT"] == 2
        assert dns.asked["big.example TXT"] >= 2
        for number in range(10):
            resolver.ask(f"n{number}.example", "TXT", 5)
        assert len(resolver._kept) == 3
