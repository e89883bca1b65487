"""The SMTP door: mail for our mailboxes comes in, is made durable, and only then is answered 250."""

import asyncio
import logging
import ssl
from dataclasses import dataclass, field
from weakref import WeakSet

from core import clock
from core.errors import Misconfigured, Refused, Unavailable
from core.policy.reasons import smtp_reply
from core.settings import Settings
from gateway.channels.email import CHANNEL, MailArrival, normalise
from gateway.channels.smtp_answers import stranger_fault, trouble_answer, verdict_answer
from gateway.channels.smtp_limits import Doorkeeper
from gateway.channels.smtp_session import Delivered, MailSession
from gateway.ingest.desk import Desk
from gateway.ingest.receive import receive
from gateway.listening import bind
from gateway.metrics import count_received

_BACKLOG = 512


async def start_smtp(desk: Desk, sessions: WeakSet[MailSession] | None = None) -> asyncio.Server:
    """Listen on `GUICHE_SMTP_LISTEN`, a port other processes of the installation may share.

    Whoever brings `sessions` finds the conversations there, to end them well with `finish`.

    Raises `Misconfigured` when the address is taken or the certificate cannot be read.
    """
    # aiosmtpd writes down every command, addresses and all.
    logging.getLogger("mail.log").setLevel(logging.CRITICAL + 1)
    door = _Door(desk, tls=_tls(desk.settings))
    listening = bind(desk.settings.smtp_listen, "GUICHE_SMTP_LISTEN")
    known = WeakSet() if sessions is None else sessions

    def session() -> MailSession:
        made = MailSession(door)
        known.add(made)
        return made

    return await asyncio.get_running_loop().create_server(session, sock=listening, backlog=_BACKLOG)


async def finish(sessions: WeakSet[MailSession], seconds: float) -> None:
    """Let every mail under way come to its answer, for so long; then say 421 and hang up (X24)."""
    deadline = asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < deadline:
        for each in [each for each in sessions if not each.is_busy]:
            each.dismiss()
        if not any(each.is_busy and each.transport is not None for each in sessions):
            return
        await asyncio.sleep(0.02)
    for each in list(sessions):
        each.dismiss()


def _tls(settings: Settings) -> ssl.SSLContext | None:
    if settings.tls_cert is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(settings.tls_cert, settings.tls_key)
    except (OSError, ssl.SSLError) as error:
        raise Misconfigured(["GUICHE_TLS_CERT, GUICHE_TLS_KEY: cannot be read as a certificate and its key"]) from error
    return context


@dataclass(slots=True)
class _Door:
    """The desk behind the sessions."""

    desk: Desk
    tls: ssl.SSLContext | None
    domain: str = field(init=False)
    size_limit: int = field(init=False)
    doorkeeper: Doorkeeper = field(init=False)

    def __post_init__(self) -> None:
        self.domain = self.desk.profile.mail_domain
        self.size_limit = self.desk.settings.max_message_bytes
        self.doorkeeper = Doorkeeper(self.desk.settings.trusted_networks, self.desk.settings.relay_networks)

    def refusal_of(self, recipient: str) -> str | None:
        return stranger_fault(recipient, self.desk.profile)

    async def take(self, mail: Delivered) -> str:
        arrival = MailArrival(
            raw=mail.raw,
            received_at=clock.now(),
            peer_is_trusted=mail.peer_is_trusted,
            mail_from=mail.mail_from,
            recipients=mail.recipients,
            peer=mail.peer,
            helo=mail.helo,
        )
        try:
            received = await receive(await normalise(arrival, self.desk), self.desk)
        except Refused as refused:
            count_received(CHANNEL, "limited", refused.reason)
            return smtp_reply(refused.reason, self.desk.profile, arrival.received_at)
        except Unavailable as error:
            return trouble_answer(error)
        return verdict_answer(received.decision, received.intake_id, self.desk.profile, arrival.received_at)
