"""Is it a machine that writes? By headers first, by the subject's first words after (RFC 3834)."""

import re

from gateway.ingest.header_block import Headers

_VACATION = (
    "x-autoreply", "x-autorespond", "x-autoresponse", "x-auto-reply-from", "x-mail-autoreply",
)  # fmt: skip
_AUTOMATIC_PRECEDENCE = {b"auto_reply", b"auto-reply", b"autoreply"}
_BULK_PRECEDENCE = {b"bulk", b"list", b"junk"}
_DAEMON = re.compile(rb"(?:^|[<\s\"])(?:mailer-daemon|postmaster|mail-daemon)@", re.IGNORECASE)
_OTHER_REPORT = re.compile(rb"report-type\s*=\s*\"?(?:disposition-notification|feedback-report)", re.IGNORECASE)
_SUBJECT = re.compile(
    r"(?:resposta autom[aá]tica|respuesta autom[aá]tica|auto(?:matic)?[- ]?(?:reply|response)|out of (?:the )?office"
    r"|automatische (?:antwort|r[uü]ckantwort)|abwesenheits|abwesend|fora do escrit[oó]rio|aus[eê]ncia tempor[aá]ria"
    r"|fuera de (?:la )?oficina)\b[:\s]?",
    re.IGNORECASE,
)


def is_report(headers: Headers) -> bool:
    """Whether the mail calls itself a report about another (RFC 6522)."""
    return headers.first("content-type")[:40].lower().startswith(b"multipart/report")


def is_bounce(headers: Headers) -> bool:
    """Whether a mail server reports a failed delivery."""
    if is_report(headers):
        # A receipt for a mail that was read, or a complaint, reports no failure.
        return not _OTHER_REPORT.search(headers.first("content-type"))
    if headers.has("x-failed-recipients"):
        return True
    return headers.first("return-path") == b"<>" and _DAEMON.search(headers.first("from")) is not None


def is_auto_reply(headers: Headers, subject: str) -> bool:
    """Whether a program answered instead of a person."""
    submitted = headers.first("auto-submitted").partition(b";")[0].strip().lower()
    if submitted and submitted != b"no":
        return True
    if any(headers.has(name) for name in _VACATION):
        return True
    if headers.first("precedence").lower() in _AUTOMATIC_PRECEDENCE:
        return True
    return _SUBJECT.match(subject) is not None


def is_bulk(headers: Headers) -> bool:
    """Whether an automatic answer would go to a list or to a machine (SECURITY.md L01).

    `X-Auto-Response-Suppress` asks for no answer, though it does not say that nobody wrote.
    """
    if headers.has("list-id"):
        return True
    if headers.first("precedence").lower() in _BULK_PRECEDENCE:
        return True
    suppressed = headers.first("x-auto-response-suppress").lower()
    return b"all" in suppressed or b"autoreply" in suppressed
