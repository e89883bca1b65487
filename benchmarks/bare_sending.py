"""The other side of dispatch: connections in parallel, each builds a mail, signs it and sends it, and no product."""

import asyncio
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime

import dkim
from aiosmtplib import SMTP

from core import clock
from core.ids import new_id

CONNECTIONS = 10
WAY = (b"relaxed", b"relaxed")
TEXT = (
    "Olá,\n\nrecebemos sua mensagem e a registramos sob o protocolo {number}.\n\n"
    "Para acrescentar algo, responda a este e-mail: sua resposta entra no mesmo protocolo.\n\nCentral de Serviços"
)


async def send_all(relay: str, count: int, private_key: bytes) -> None:
    """Send `count` mails to the relay at `host:port`."""
    host, _, port = relay.rpartition(":")
    numbers = iter(range(count))

    async def one_after_the_other() -> None:
        async with SMTP(hostname=host, port=int(port), local_hostname="instituicoes.example") as client:
            for number in numbers:
                mail = _mail(number)
                signature = dkim.sign(mail, b"bench", b"instituicoes.example", private_key, canonicalize=WAY)
                await client.sendmail("atendimento@instituicoes.example", ["ana@org-a.example"], signature + mail)

    await asyncio.gather(*(one_after_the_other() for _ in range(CONNECTIONS)))


def _mail(number: int) -> bytes:
    mail = EmailMessage(policy=SMTP_POLICY)
    mail["From"] = "Central de Serviços <atendimento@instituicoes.example>"
    mail["To"] = "ana@org-a.example"
    mail["Subject"] = f"[Protocolo {number}]"
    mail["Date"] = format_datetime(clock.now())
    mail["Message-ID"] = f"<{new_id().hex}@instituicoes.example>"
    mail["Reply-To"] = f"Central de Serviços <atendimento+{new_id().hex}@instituicoes.example>"
    mail["In-Reply-To"] = mail["References"] = f"<{number}@bench.example>"
    mail["Auto-Submitted"] = "auto-replied"
    mail.set_content(TEXT.format(number=number))
    return mail.as_bytes()
