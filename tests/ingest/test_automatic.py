import pytest

from gateway.ingest.mime import parse_mail


@pytest.mark.parametrize(
    "header",
    [b"Auto-Submitted: auto-replied", b"auto-submitted: auto-generated (x)", b"X-Autoreply: yes",
     b"Precedence: auto_reply",
     "Subject: Resposta automática: férias".encode(), b"Subject: Automatic reply: x", b"Subject: Out of Office: x"],
)  # fmt: skip
def test_l01_an_automatic_reply_is_known_as_one(header):
    mail = parse_mail(header + b"\r\nFrom: ana@org-a.example\r\n\r\nx")

    assert mail.is_auto_reply and not mail.is_bounce


@pytest.mark.parametrize("header", [b"Precedence: bulk", b"Precedence: list", b"List-Id: <x.y>",
 b"X-Auto-Response-Suppress: All"])
def test_l01_l13_lists_and_those_who_ask_for_no_answer_are_bulk_but_no_automatic_reply(header):
    mail = parse_mail(header + b"\r\nFrom: ana@org-a.example\r\n\r\nx")

    assert mail.is_bulk and not mail.is_auto_reply


@pytest.mark.parametrize(
    "headers",
    [b"Content-Type: multipart/report; report-type=delivery-status; boundary=b", b"X-Failed-Recipients: x@y.example",
     b"Return-Path: <>\r\nFrom: Mail Delivery <MAILER-DAEMON@mx.example>"],
)  # fmt: skip
def test_a_delivery_report_is_a_bounce(headers):
    assert parse_mail(headers + b"\r\n\r\nx").is_bounce


@pytest.mark.parametrize(
    "headers",
    [b"Auto-Submitted: no", b"X-Auto-Response-Suppress: OOF", b"Subject: Nota automatica de compra",
     b"Precedence: first-class",
     b"Return-Path: <ana@x.example>", b"Return-Path: <>"],
)  # fmt: skip
def test_people_are_taken_for_neither(headers):
    mail = parse_mail(headers + b"\r\nFrom: ana@org-a.example\r\n\r\nx")

    assert not mail.is_auto_reply and not mail.is_bounce


def test_p15_a_receipt_is_a_machines_but_reports_no_failure():
    kind = b"Content-Type: multipart/report; report-type=disposition-notification; boundary=b"
    mail = parse_mail(kind + b"\r\nFrom: ana@org-a.example\r\n\r\nx")

    assert mail.is_auto_reply and mail.is_report and not mail.is_bounce


@pytest.mark.parametrize(("hops", "flags"), [(30, ()), (31, ("mail-loop",))])
def test_l03_a_mail_that_came_through_more_than_thirty_hosts_is_in_a_loop(hops, flags):
    mail = parse_mail(b"Received: by mx.example\r\n" * hops + b"From: ana@org-a.example\r\n\r\nx")

    assert mail.flags == flags
    assert mail.is_bulk is (hops > 30)
