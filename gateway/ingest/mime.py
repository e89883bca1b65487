"""Read a mail under caps: whatever the bytes are, out comes one frozen value and never an exception."""

import re

import structlog

from core.message import Address
from gateway.ingest.automatic import machine_mail
from gateway.ingest.bodies import Bodies, bodies_of
from gateway.ingest.header_addresses import identity_of, parse_addresses
from gateway.ingest.header_block import Budget, Headers, read_mail_headers
from gateway.ingest.header_words import decode_words
from gateway.ingest.html_quotes import html_reply
from gateway.ingest.mail import Mail
from gateway.ingest.message_ids import message_id_of, references_of
from gateway.ingest.parts import leaves
from gateway.ingest.reply_text import reply_text

MAX_SUBJECT = 4_000
_ACCOUNT = re.compile(r"(?:[^<>@(]*+<)?([A-Za-z0-9._-]{1,64})>?(?: *\([^()]*\))?", re.ASCII)

_log = structlog.get_logger(__name__)


def read_mail(raw: bytes) -> Mail:
    """The mail in `raw`. Never raises; time and memory are linear in its size, structure is capped.

    What was odd about it stands in `flags`: malformed-from, malformed-headers, too-many-headers,
    malformed-multipart, too-many-parts, too-deep, text-cut, mail-loop, unreadable.
    """
    try:
        return parse_mail(raw)
    except Exception as error:  # noqa: BLE001 - a mail nobody foresaw is kept raw, not lost
        _log.error("mail_unreadable", error=type(error).__name__, size=len(raw))
        return Mail(flags=("unreadable",))


def parse_mail(raw: bytes) -> Mail:
    """`read_mail` without its safety net; the tests see to it that the net stays empty."""
    if b"\n" not in raw:
        raw = raw.replace(b"\r", b"\n")
    budget = Budget()
    headers = read_mail_headers(raw, budget)
    found = leaves(raw, headers, budget)
    charset = next((each.charset for each in found if each.charset), "")
    bodies = bodies_of(raw, found, budget)
    return _mail(headers, bodies, charset, budget)


def read_mail_headers_alone(raw: bytes) -> Mail:
    """What the headers say of a mail whose parts could not be read in time; flagged `unreadable`."""
    budget = Budget(flags=["unreadable"])
    try:
        return _mail(read_mail_headers(raw, budget), Bodies("", "", ()), "", budget)
    except Exception as error:  # noqa: BLE001 - as in `read_mail`
        _log.error("mail_unreadable", error=type(error).__name__, size=len(raw))
        return Mail(flags=("unreadable",))


def _mail(headers: Headers, bodies: Bodies, charset: str, budget: Budget) -> Mail:
    subject = decode_words(headers.first("subject"), charset)[:MAX_SUBJECT]
    froms = headers.all("from")
    identity = None if headers.is_repaired or headers.hidden_froms else identity_of(froms)
    if identity is None:
        budget.flag("malformed-from")
    shown = _shown_from(headers, charset)
    machine = machine_mail(headers, subject, bodies.text)
    if machine.is_looping:
        budget.flag("mail-loop")
    message_id = message_id_of(headers.first("message-id"))
    return Mail(
        subject=subject,
        from_name=shown.name,
        from_addr=shown.email,
        to=tuple(_addresses(headers, "to", charset)),
        cc=tuple(_addresses(headers, "cc", charset)),
        message_id=message_id,
        in_reply_to=next(iter(references_of(headers.first("in-reply-to"))), ""),
        references=references_of(b" ".join(headers.all("references")[:10])),
        date_header=headers.first("date"),
        text=bodies.text,
        reply_text=html_reply(bodies.html, bodies.text) if bodies.is_from_html else reply_text(bodies.text),
        html=bodies.html,
        attachments=bodies.attachments,
        is_auto_reply=machine.is_auto_reply,
        is_bounce=machine.is_bounce,
        is_report=machine.is_report,
        is_bulk=machine.is_bulk,
        identity=identity,
        flags=tuple(budget.flags),
        fingerprint=b"\x00".join([headers.first("message-id"), *froms, headers.first("date")]),
        body_at=headers.body_at,
    )


def _addresses(headers: Headers, name: str, charset: str) -> list[Address]:
    found: list[Address] = []
    for value in headers.all(name)[:10]:
        found += parse_addresses(value, charset)
    return found


def _shown_from(headers: Headers, charset: str) -> Address:
    """Somebody to show for a mail whose From identifies nobody."""
    for name in ("from", "reply-to", "sender", "return-path"):
        for address in parse_addresses(headers.first(name), charset)[:1]:
            return address
    name = decode_words(headers.first("from"), charset)[:200]
    # `root` and other accounts of the machine that the mail was written on.
    account = _ACCOUNT.fullmatch(name)
    return Address(name=name, email=account.group(1) if account else "")
