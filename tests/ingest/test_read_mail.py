import binascii
from datetime import UTC, datetime

import pytest

from gateway.ingest.filenames import clean_filename
from gateway.ingest.mime import parse_mail
from tests.ingest.mails import HEAD, HTML, TEXT, multipart, plain


def test_a_plain_mail_is_read_whole():
    mail = parse_mail(plain(b"Bom dia.\r\n\r\nPreciso de ajuda.\r\n"))

    assert mail.subject == "Nota"
    assert (mail.from_addr, mail.from_name) == ("ana@org-a.example", "Ana Alves")
    assert [each.email for each in mail.to] == ["atendimento@instituicoes.example"]
    assert mail.message_id == "m1@org-a.example"
    assert mail.date is not None and mail.date.isoformat() == "2026-11-22T10:00:00-03:00"
    assert mail.text == "Bom dia.\n\nPreciso de ajuda."
    assert mail.flags == ()


def test_what_parse_prints_has_the_promised_keys():
    shown = parse_mail(multipart(TEXT, b"Content-Type: image/png; name=a.png\r\n\r\npng")).as_json()

    assert list(shown) == [
        "subject", "from_addr", "to", "cc", "message_id", "in_reply_to", "references", "date", "text", "reply_text",
        "html", "attachments", "is_auto_reply", "is_bounce",
    ]  # fmt: skip
    assert shown["attachments"] == [{"filename": "a.png", "content_type": "image/png", "size": 3}]


@pytest.mark.parametrize(
    ("header", "subject"),
    [
        (b"=?utf-8?q?Ol=C3=A1_Ana?=", "Ol\u00e1 Ana"),
        (b"=?UTF-8?B?T2zDoQ==?= Ana", "Ol\u00e1 Ana"),
        (b"=?utf-8?b?T2zD?= =?utf-8?b?oQ==?=", "Ol\u00e1"),  # a character cut in two
        (b"=?utf-8?b?T2zDoQ?=", "Ol\u00e1"),  # padding left out
        (b"=?iso-8859-1?q?Ol=E1?=", "Ol\u00e1"),
        (b"=?iso-8859-1?q?=93Ol=E1=94?=", "\u201cOl\u00e1\u201d"),  # who writes latin-1 means Windows
        (b"=?us-ascii?q?a?= =?utf-8?q?b?=", "ab"),
        (b"=?utf-8*pt?q?a?=", "a"),
        (b"Ol\xc3\xa1", "Ol\u00e1"),
        (b"Ol\xe1", "Ol\u00e1"),
        (b"=?x-nope?q?a?=", "a"),
        (b"a\r\n b", "a b"),
        (b"=?utf-8?q?unfinished", "=?utf-8?q?unfinished"),
    ],
)
def test_a_subject_is_decoded(header, subject):
    assert parse_mail(b"Subject: " + header + b"\r\n\r\n").subject == subject


@pytest.mark.parametrize(
    "header",
    [b"a=?utf-8?q?=0D=0ABcc:_x@y?=", b"a=?utf-8?b?DQpCY2M6?=", b"a=?utf-8?q?=00=1B[2J?=", b"a\x00b\x1bc\rd"],
)
def test_p08_m10_nothing_smuggles_a_line_or_a_control_into_a_header(header):
    raw = b"Subject: " + header + b"\r\nFrom: " + header + b" <a@b.c>\r\nContent-Disposition: attachment;"
    mail = parse_mail(raw + b' filename="' + header + b'"\r\n\r\nx')

    for value in (mail.subject, mail.from_name, mail.attachments[0].filename):
        assert value.isprintable()


@pytest.mark.parametrize("charset", ["x-nope", "a\x00b", "idna", "rot13", "punycode", "hex", "undefined", "", "'\""])
def test_p09_m9_an_unknown_charset_is_read_as_utf_8(charset):
    mail = parse_mail(plain("Olá".encode(), f"Content-Type: text/plain; charset={charset}".encode("latin-1")))

    assert mail.text == "Olá"


def test_p09_m11_utf_7_is_never_decoded():
    mail = parse_mail(plain(b"+ADw-script+AD4-", b"Content-Type: text/plain; charset=utf-7"))

    assert mail.text == "+ADw-script+AD4-"


@pytest.mark.parametrize(
    ("charset", "data", "text"),
    [
        (b"iso-8859-1", "Olá “x”".encode("cp1252"), "Olá “x”"),
        (b"gb2312", "中文".encode("gb18030"), "中文"),
        (b"ks_c_5601-1987", "한글".encode("cp949"), "한글"),
        (b"iso-2022-jp", "日本".encode("iso2022_jp"), "日本"),
        (b"windows-1251", "мир".encode("cp1251"), "мир"),
        (b"utf-8", b"Ol\xe1", "Olá"),
        (b"us-ascii", "Olá".encode(), "Olá"),
        (b"utf-8", b"\xef\xbf\xbd\xff", "ï¿½ÿ"),
    ],
)
def test_bodies_are_decoded_as_named_and_guessed_where_that_fails(charset, data, text):
    assert parse_mail(plain(data, b"Content-Type: text/plain; charset=" + charset)).text == text


@pytest.mark.parametrize(
    ("encoding", "body", "text"),
    [
        pytest.param(b"base64", b"T2zDoQ==", "Olá", id="base64"),
        pytest.param(b"base64", b"T2zDoQ", "Olá", id="P10-no-padding"),
        pytest.param(b"base64", b"T2z!!D\r\noQ", "Olá", id="P10-foreign-characters"),
        pytest.param(b"base64", b"T2zDoX", "Ol", id="P10-one-letter-too-many"),
        pytest.param(b"quoted-printable", b"Ol=C3=A1=\r\n!", "Olá!", id="qp"),
        pytest.param(b"quoted-printable", b"Ol=C3=A1=ZZ=", "Olá=ZZ", id="P10-broken-qp"),
        pytest.param(b"x-uuencode", b"begin 644 a\r\n" + binascii.b2a_uu("Olá".encode()) + b"end\r\n", "Olá", id="uu"),
        pytest.param(b"x-uuencode", b"begin 644 a\r\n#\xff\xff", "", id="P10-broken-uu"),
        pytest.param(b"nonsense", "Olá".encode(), "Olá", id="P10-unknown"),
    ],
)
def test_transfer_encodings_are_undone_as_far_as_they_go(encoding, body, text):
    mail = parse_mail(plain(body, b"Content-Transfer-Encoding: " + encoding))

    assert mail.text.rstrip("\ufffd") == text or ((encoding, text) == (b"base64", "Ol") and mail.text.startswith("Ol"))


def test_s22_nul_bare_cr_and_escape_leave_no_trace_in_the_text():
    assert parse_mail(plain(b"a\x00b\rc\x1b[31md\x0ce\r\nf")).text == "ab\nc[31mde\nf"


def test_plain_text_is_preferred_and_html_is_kept_as_it_came():
    mail = parse_mail(multipart(TEXT, HTML, kind=b"alternative"))

    assert mail.text == "Olá"
    assert mail.html == "<p>Olá <b>HTML</b></p>"


def test_html_alone_becomes_text_without_scripts_and_styles():
    html = b"<style>p{}</style><p>Ol\xc3\xa1</p><script>evil()</script><div>dois<br>tr\xc3\xaas</div>"
    mail = parse_mail(plain(html, b"Content-Type: text/html"))

    assert mail.text == "Olá\ndois\ntrês"


def test_html_names_its_own_charset_where_the_header_does_not():
    html = b'<meta http-equiv="Content-Type" content="text/html; charset=windows-1251">' + "мир".encode("cp1251")

    assert parse_mail(plain(html, b"Content-Type: text/html")).text == "мир"


def test_an_empty_alternative_gives_way_to_the_html():
    empty = b"Content-Type: text/plain\r\n\r\n  \r\n"

    assert parse_mail(multipart(empty, HTML, kind=b"alternative")).text == "Olá HTML"


def test_files_are_attachments_whatever_their_type():
    mail = parse_mail(
        multipart(
            TEXT,
            b"Content-Type: text/plain; name=notas.txt\r\n\r\nnotas",
            b"Content-Type: text/html\r\nContent-Disposition: attachment\r\n\r\n<p>",
            b"Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nx",
            b"Content-Type: application/ms-tnef\r\nContent-Transfer-Encoding: base64\r\n\r\ndG5lZg==",
        )
    )

    assert [(each.filename, each.content_type, each.content) for each in mail.attachments] == [
        ("notas.txt", "text/plain", b"notas"),
        ("attachment.html", "text/html", b"<p>"),
        ("inner.eml", "message/rfc822", b"Subject: inner\r\n\r\nx"),
        ("attachment.dat", "application/ms-tnef", b"tnef"),
    ]
    assert mail.text == "Olá"


def test_pictures_keep_the_name_their_page_calls_them_by():
    part = b"Content-Type: image/png; name=a.png\r\nContent-ID: %s\r\n\r\npng"
    mail = parse_mail(multipart(HTML, part % b"<logo.1@org-a.example>", part % b"bare", part % b"<>", kind=b"related"))

    assert [each.content_id for each in mail.attachments] == ["logo.1@org-a.example", "bare", ""]


def test_p14_p15_what_asks_to_be_fetched_or_acted_on_is_only_kept():
    mail = parse_mail(
        multipart(
            b'Content-Type: message/external-body; access-type=URL; URL="http://x.example/"\r\n\r\n',
            b"Content-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR",
            b"Content-Type: application/pkcs7-mime\r\nContent-Location: http://x.example/\r\n\r\nx",
        )
    )

    assert [each.content_type for each in mail.attachments] == [
        "message/external-body", "text/calendar", "application/pkcs7-mime",
    ]  # fmt: skip


def test_p10_a_missing_final_boundary_loses_no_part():
    mail = parse_mail(multipart(TEXT, b"Content-Type: image/png\r\n\r\npng", closed=False))

    assert mail.text == "Olá"
    assert [each.content for each in mail.attachments] == [b"png\r\n"]
    assert "malformed-multipart" in mail.flags


@pytest.mark.parametrize("content_type", [b"multipart/mixed", b"multipart/mixed; boundary=absent"])
def test_m9_a_multipart_without_its_boundary_is_read_as_text(content_type):
    mail = parse_mail(plain(b"Bom dia.", b"Content-Type: " + content_type))

    assert mail.text == "Bom dia."
    assert "malformed-multipart" in mail.flags


def test_a_boundary_that_begins_like_another_is_not_taken_for_it():
    inner = b"Content-Type: multipart/mixed; boundary=bb\r\n\r\n--bb\r\n\r\num\r\n--bb\r\n\r\ndois\r\n--bb--"

    assert parse_mail(multipart(inner, TEXT)).text == "um\ndois\nOlá"


def test_p03_a_hundred_thousand_parts_are_five_hundred_and_a_flag():
    mail = parse_mail(multipart(*[b"Content-Type: image/png\r\n\r\n"] * 100_000))

    assert len(mail.attachments) == 500
    assert "too-many-parts" in mail.flags


def test_p03_parameters_beyond_fifty_are_left_alone():
    flood = b"".join(b"; x%d=1" % each for each in range(20_000))

    assert parse_mail(plain(b"Ol\xe1", b"Content-Type: text/plain" + flood + b"; charset=cp1251")).text == "Olá"


@pytest.mark.parametrize("depth", [25, 3_000])
def test_p04_m8_a_deep_nest_is_flagged_and_left_in_the_raw_bytes(depth):
    nest = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(depth))

    assert "too-deep" in parse_mail(HEAD + nest + b"\r\nx").flags


def test_a_nest_of_ordinary_depth_is_read():
    nest = b"".join(b"Content-Type: multipart/mixed; boundary=b%dx\r\n\r\n--b%dx\r\n" % (n, n) for n in range(15))

    assert parse_mail(HEAD + nest + b"\r\nfundo").text == "fundo"


@pytest.mark.parametrize(
    "date",
    [b"Mon, 01 Jan 0000 00:00:00 +0000", b"Fri, 31 Dec 9999 23:59:59 -9999", b"x", b"", b"1 Jan 2026 25:61 +99999",
     b"Mon, 99 Foo 99999 99:99:99 +9999999999999999999"],
)  # fmt: skip
def test_p13_an_impossible_date_is_no_date(date):
    mail = parse_mail(b"Date: " + date + b"\r\n\r\nx")

    assert mail.date is None or isinstance(mail.date.astimezone(UTC), datetime)


@pytest.mark.parametrize(
    ("value", "message_id"),
    [
        (b"<a@b>", "a@b"), (b" <a@b> (comment)", "a@b"), (b"a@b", "a@b"), (b"<>", ""), (b"", ""), (b"< a@b >", "a@b"),
        (b"<" + b"x" * 10_000 + b"@b>", ""), (b"<a b@c>", ""), (b"<a\x00@b>", ""), ("<é@b>".encode(), ""),
    ],
)  # fmt: skip
def test_s10_a_message_id_is_kept_when_it_is_one(value, message_id):
    assert parse_mail(b"Message-ID: " + value + b"\r\n\r\nx").message_id == message_id


def test_references_keep_their_order_and_only_the_last_thousand():
    ids = b" ".join(b"<%d@x>" % each for each in range(2_000))
    mail = parse_mail(plain(b"x", b"References: " + ids, b"In-Reply-To: <last@x>"))

    assert mail.in_reply_to == "last@x"
    assert mail.references == tuple(f"{each}@x" for each in range(1_000, 2_000))


@pytest.mark.parametrize(
    ("parameter", "filename"),
    [
        (b'filename="relat\xc3\xb3rio.pdf"', "relatório.pdf"),
        (b'filename="relat\xf3rio.pdf"', "relatório.pdf"),
        (b'filename="=?utf-8?q?relat=C3=B3rio?=.pdf"', "relatório.pdf"),
        (b"filename*=utf-8''relat%C3%B3rio.pdf", "relatório.pdf"),
        (b"filename*0*=utf-8''rela; filename*1*=t%C3%B3rio; filename*2=.pdf", "relatório.pdf"),
        (b'filename="a\\"b.pdf"', 'a_b.pdf'),
    ],
)
def test_filenames_are_decoded_in_every_way_they_are_written(parameter, filename):
    raw = plain(b"x", b"Content-Type: application/pdf", b"Content-Disposition: attachment; " + parameter)

    assert parse_mail(raw).attachments[0].filename == filename


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\x\\y.exe", "y.exe"),
        ("a\x00b\r\n.txt", "ab.txt"),
        ("gpj.\u202eexe", "gpj.exe"),
        (".htaccess", "htaccess"),
        ("\u200b\ufeff.bashrc", "bashrc"),
        ("  a   b .pdf ", "a b .pdf"),
        ("..", "attachment.pdf"),
        ("", "attachment.pdf"),
        ("/", "attachment.pdf"),
        ("x" * 5_000 + ".pdf", "x" * 146 + ".pdf"),
        ("x" * 5_000, "x" * 150),
        ('a<b>:"|?*c', "a_b______c"),
    ],
)
def test_p12_a_filename_is_cleaned_of_folders_and_tricks(name, cleaned):
    assert clean_filename(name, "application/pdf") == cleaned


@pytest.mark.parametrize("raw", [b"", b"\r\n", b"\n\n", b"\r\n\r\nx", b"x", b":", b"\x00" * 100, b"--\r\n",
 b"From: \r\n"])
def test_hardly_anything_is_still_a_mail(raw):
    assert parse_mail(raw).identity is None


def test_a_mailbox_files_first_line_and_a_byte_order_mark_are_passed_over():
    mail = parse_mail(b"\xef\xbb\xbfFrom ana@x Mon Jan  1 00:00:00 2026\nSubject: Oi\n\ncorpo\n")

    assert (mail.subject, mail.text) == ("Oi", "corpo")


def test_lines_that_end_in_bare_carriage_returns_are_lines():
    mail = parse_mail(b"Subject: Oi\rFrom: a@b.c\r\rcorpo\rfim")

    assert (mail.subject, mail.text) == ("Oi", "corpo\nfim")
