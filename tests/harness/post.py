"""Sending mail the way a mail program does, and writing mails to send."""

import smtplib
from email.utils import format_datetime

from core import clock, ids


def post(address: tuple[str, int], raw: bytes, mail_from: str, *recipients: str) -> tuple[int, str]:
    """One transaction: the first refusal, or the answer after DATA."""
    with smtplib.SMTP(*address, local_hostname="client.example", timeout=60) as client:
        client.ehlo()
        answers = [client.mail(mail_from), *(client.rcpt(recipient) for recipient in recipients)]
        refusal = next((answer for answer in answers if answer[0] >= 400), None)
        code, text = refusal or client.data(raw)
    return code, text.decode("utf-8", "replace")


def mail(from_: str, to: str, subject: str, text: str, **headers: str) -> bytes:
    """A plain mail; `in_reply_to="<…>"` becomes the header In-Reply-To, and an empty text drops one."""
    named = {
        "From": from_, "To": to, "Subject": subject, "Date": format_datetime(clock.now()),
        "Message-ID": message_id(), "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=utf-8", "Content-Transfer-Encoding": "8bit",
    }
    named |= {name.replace("_", "-").title().replace("-Id", "-ID"): value for name, value in headers.items()}
    lines = [f"{name}: {value}" for name, value in named.items() if value]
    body = text.replace("\r\n", "\n").replace("\n", "\r\n")
    return "\r\n".join([*lines, "", body, ""]).encode()


def message_id(domain: str = "client.example") -> str:
    """A Message-ID nobody has used."""
    return f"<{ids.new_id().hex}@{domain}>"
