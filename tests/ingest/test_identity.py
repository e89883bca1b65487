import pytest

from gateway.ingest.mime import parse_mail
from tests.ingest.mails import from_, plain


@pytest.mark.parametrize(
    ("value", "email", "name"),
    [
        (b"ana@org-a.example", "ana@org-a.example", ""),
        (b"<ana@org-a.example>", "ana@org-a.example", ""),
        (b"Ana Alves <Ana@Org-A.example>", "ana@org-a.example", "Ana Alves"),
        (b'"Alves, Ana" <ana@org-a.example>', "ana@org-a.example", "Alves, Ana"),
        (b'"Ana \\"A\\" Alves" <ana@org-a.example>', "ana@org-a.example", 'Ana "A" Alves'),
        (b"=?utf-8?q?Ad=C3=A3o?= <ana@org-a.example>", "ana@org-a.example", "Ad\u00e3o"),
        (b"Ad\xc3\xa3o <ana@org-a.example>", "ana@org-a.example", "Ad\u00e3o"),
        (b"Ad\xe3o <ana@org-a.example>", "ana@org-a.example", "Ad\u00e3o"),
        (b"ana@org-a.example (Ana Alves)", "ana@org-a.example", "Ana Alves"),
        (b"Ana\r\n <ana@org-a.example>", "ana@org-a.example", "Ana"),
    ],
)
def test_one_strict_from_is_the_identity(value, email, name):
    mail = parse_mail(from_(value))

    assert mail.identity is not None
    assert (mail.identity.email, mail.identity.name) == (email, name)
    assert "malformed-from" not in mail.flags


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(b"<", id="P05-open-bracket"),
        pytest.param(b'"', id="P05-open-quote"),
        pytest.param(b"ana@", id="P05-no-domain"),
        pytest.param(b"", id="P05-empty"),
        pytest.param(b"undisclosed:;", id="P05-group"),
        pytest.param(b"ana@org-a.example, bob@evil.example", id="P05-two-addresses"),
        pytest.param(b"Ana <ana@org-a.example>, Bob <bob@evil.example>", id="P05-two-mailboxes"),
        pytest.param(b"ana@org-a.example)bob@evil.example", id="P06-parenthesis"),
        pytest.param(b"ana@org-a.example<bob@evil.example>", id="P06-bracket"),
        pytest.param(b"ana@org-a.example <bob@evil.example>", id="P06-bare-name"),
        pytest.param(b"<ana@org-a.example> <bob@evil.example>", id="P06-two-brackets"),
        pytest.param(b"<ana@org-a.example>bob@evil.example", id="P06-after-bracket"),
        pytest.param(b"(ana@org-a.example) bob@evil.example", id="P07-comment-first"),
        pytest.param(b"ana@org-a.example\rFrom: bob@evil.example", id="P05-bare-cr"),
        pytest.param(b"ana@org-a.example\x00", id="S22-nul"),
        pytest.param("qua\u212a@org-a.example".encode(), id="T17-kelvin"),
        pytest.param(b"<@relay.example:ana@org-a.example>", id="S17-route"),
    ],
)
def test_a_from_two_readers_would_read_differently_identifies_nobody(value):
    mail = parse_mail(from_(value))

    assert mail.identity is None
    assert "malformed-from" in mail.flags


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(b'"ana@org-a.example" <bob@evil.example>', id="P07-display-name"),
        pytest.param(b"bob@evil.example (ana@org-a.example)", id="P07-comment"),
        pytest.param(b'=?b?"ana@org-a.example,d@e.f"?= <bob@evil.example>', id="M12-encoded-name"),
        pytest.param(b"=?utf-8?q?ana=40org-a=2Eexample?= <bob@evil.example>", id="P07-encoded-name"),
        pytest.param(b"=?utf-8?q?<ana=40org-a=2Eexample>,?= <bob@evil.example>", id="M12-encoded-bracket"),
    ],
)
def test_an_address_in_a_name_or_comment_is_no_identity(value):
    mail = parse_mail(from_(value))

    assert mail.identity is None or mail.identity.email == "bob@evil.example"


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"Subject: s\r\n\r\nx", id="P05-missing"),
        pytest.param(b"From: ana@org-a.example\r\nFrom: ana@org-a.example\r\n\r\nx", id="P05-two-headers"),
        pytest.param(b"from: a@b.c\r\nFROM : ana@org-a.example\r\n\r\nx", id="P05-two-spellings"),
        pytest.param(b"From: ana@org-a.example\r\nno field\r\nFrom: bob@evil.example\r\n\r\nx", id="P05-torn-block"),
        pytest.param(b"From: ana@org-a.example\r\n" + b"X: y\r\n" * 2_000 + b"From: b@c.d\r\n\r\nx",
         id="P02-beyond-cap"),
        pytest.param(b"Sender: ana@org-a.example\r\nReply-To: ana@org-a.example\r\n\r\nx", id="P05-only-sender"),
    ],
)
def test_a_missing_repeated_or_repaired_from_identifies_nobody(raw):
    assert parse_mail(raw).identity is None


def test_p02_a_flood_of_headers_takes_no_identity_away():
    mail = parse_mail(plain(b"x", *[b"X-Filler: y"] * 100_000))

    assert mail.identity is not None
    assert "too-many-headers" in mail.flags


def test_somebody_is_shown_for_a_mail_that_identifies_nobody():
    mail = parse_mail(b"Reply-To: Bob <bob@x.example>\r\n\r\nx")

    assert (mail.from_addr, mail.from_name, mail.identity) == ("bob@x.example", "Bob", None)
