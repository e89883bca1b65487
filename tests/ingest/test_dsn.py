"""What a delivery report says became of our letter: RFC 3464 where it is followed, else a guess at its words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ingest.bodies import MailAttachment
from gateway.ingest.dsn import DeliveryReport, read_report
from gateway.ingest.mime import parse_mail
from tests.ingest.corpus import FOLDER

_SAID = {
    "postfix": ("failed", "5.1.1"), "postfix-delayed": ("delayed", "4.4.1"), "sendmail": ("failed", "5.1.1"),
    "exim": ("failed", "5.7.1"), "exim-warning": ("delayed", ""), "qmail": ("failed", "5.1.1"),
    "exchange-2003": ("failed", "5.1.1"), "office365-pt": ("failed", "5.1.1"), "yahoo": ("failed", "5.2.2"),
    "amazon-sns": ("failed", "5.1.1"), "amazon-sns-event": ("failed", "4.4.7"), "imail": ("failed", "5.1.1"),
    "domino": ("failed", "5.0.0"), "movel-ezweb": ("failed", "5.0.0"), "movel-kddi": ("failed", "5.2.2"),
    "mail-ru": ("failed", ""), "yandex-ru": ("failed", "5.7.1"), "verizon-sms": ("failed", "5.0.0"),
    "provedor-pt": ("failed", "5.2.2"), "provedor-es": ("failed", "5.1.1"), "desconhecido-x2": ("failed", "5.1.1"),
    "delivered": ("delivered", "2.0.0"), "many-recipients": ("failed", "5.2.1"), "surfcontrol": ("failed", "5.0.0"),
}  # fmt: skip


@pytest.mark.parametrize(("name", "said"), _SAID.items())
def test_L06_a_bounce_of_the_corpus_says_what_became_of_the_letter(name: str, said: tuple[str, str]) -> None:
    mail = parse_mail((FOLDER / "bounces" / f"{name}.eml").read_bytes())

    report = read_report(mail.attachments, mail.text)
    assert (report.action, report.status) == said


def part(*fields: str) -> list[MailAttachment]:
    content = "\r\n".join(["Reporting-MTA: dns; mx.example", "", *fields]).encode()
    return [MailAttachment("", "message/delivery-status", len(content), content)]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (("Action: FAILED (given up)", "Status: 5.0.0 (unknown)"), ("failed", "5.0.0")),
        (("Status: 5.7.1",), ("failed", "5.7.1")),
        (("Status: 4.2.2",), ("delayed", "4.2.2")),
        (("Action: failed", "Status: 2.0.0"), ("failed", "")),
        (("Action: failed", "Status: 5.0.0", "Diagnostic-Code: smtp;", " 550 5.4.4 no host"), ("failed", "5.4.4")),
        (("Action: failed", "Status: 5.0.0", "Diagnostic-Code: smtp; 450 4.4.4 later"), ("failed", "5.0.0")),
        (("Action: failed", "Diagnostic-Code: smtp; 552 too much"), ("failed", "5.0.0")),
        (("Action: exploded", "Status: nine"), ("", "")),
        (("Action: failed", "Diagnostic-Code: smtp; 192.5.1.1 said no"), ("failed", "")),
    ],
)
def test_each_field_is_read_as_far_as_it_makes_sense(fields: tuple[str, ...], said: tuple[str, str]) -> None:
    report = read_report(part(*fields), "550 5.1.1 nobody looks here")
    assert (report.action, report.status) == said


@pytest.mark.parametrize(
    "text", ["Exim 4.92.3 on Android 4.4.2", "from 192.5.1.1", "em 24 horas", "the original:\n--- Original message\n550 5.1.1 x"]
)
def test_versions_addresses_and_what_we_wrote_ourselves_are_no_status(text: str) -> None:
    assert read_report([], "Delivery has failed. " + "x " * 60 + text).status == ""


@given(st.binary(max_size=2_000), st.text(max_size=2_000))
def test_whatever_stands_there_a_report_is_read(content: bytes, text: str) -> None:
    attachments = [MailAttachment("", "message/delivery-status", len(content), content)]
    assert isinstance(read_report(attachments, text), DeliveryReport)
    assert isinstance(read_report([], text), DeliveryReport)
