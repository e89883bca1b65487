"""The relay that takes our mail: one mail at a time to each connection, connections kept a while."""

import asyncio
import re
import ssl
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from aiosmtplib import SMTP, SMTPException, SMTPRecipientsRefused, SMTPResponseException

from core.errors import Misconfigured
from gateway.channels.failure import SendFailed

ANSWER_SECONDS = 60.0
WHOLE_SECONDS = 240.0  # less than a delivery's lease
KEPT_SECONDS = 20.0
# The relay objects to us, not to the letter: somebody will mend that (RFC 4954 §6, RFC 3207 §4).
_OURS_TO_MEND = frozenset({530, 534, 535, 538, 454})


@dataclass(frozen=True, slots=True)
class _Kept:
    client: SMTP
    since: float


class Relay:
    """`GUICHE_RELAY_URL`: `smtp://[user:pw@]host:port[?starttls=require]` or `smtps://`.

    With `starttls=require` nothing leaves in the clear or to a certificate that does not verify
    (O14); without it TLS is used where the relay offers it (RFC 7435).
    """

    def __init__(self, url: str, greeting_name: str) -> None:
        parts = urlsplit(url)
        try:
            port = parts.port or (465 if parts.scheme == "smtps" else 25)
        except ValueError as error:
            raise Misconfigured(["GUICHE_RELAY_URL: the port is no number"]) from error
        if not parts.hostname:
            raise Misconfigured(["GUICHE_RELAY_URL: names no host"])
        wanted = parse_qs(parts.query).get("starttls", [""])[-1]
        if wanted not in ("", "require"):
            raise Misconfigured(["GUICHE_RELAY_URL: starttls can only be require"])
        self._host, self._port = parts.hostname, port
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        self._is_tls = parts.scheme == "smtps"
        self._must_start_tls = wanted == "require"
        self._greeting_name = greeting_name
        self._context = ssl.create_default_context()
        if not (self._is_tls or self._must_start_tls):
            self._context.check_hostname = False
            self._context.verify_mode = ssl.CERT_NONE
        self._idle: deque[_Kept] = deque()

    async def send(self, sender: str, recipient: str, mail: bytes) -> None:
        """Return once the relay took it over; raises `SendFailed`. Both addresses are validated ones."""
        try:
            async with asyncio.timeout(WHOLE_SECONDS), self._client() as client:
                # Not send_message: it would write the headers anew with the library we avoid (M10).
                await client.sendmail(sender, [recipient], mail)
        except SMTPRecipientsRefused as error:
            raise _refused(error.recipients[0].code, error.recipients[0].message) from None
        except SMTPResponseException as error:
            raise _refused(error.code, error.message) from None
        except (SMTPException, OSError) as error:
            raise SendFailed(_trouble(error)) from None

    async def close(self) -> None:
        """Let go of the kept connections."""
        while self._idle:
            self._idle.pop().client.close()

    @asynccontextmanager
    async def _client(self) -> AsyncIterator[SMTP]:
        client = await self._kept() or await self._connected()
        try:
            yield client
        except (SMTPResponseException, SMTPRecipientsRefused):
            self._keep(client)  # It refused this letter, the connection is sound.
            raise
        except BaseException:
            client.close()
            raise
        self._keep(client)

    async def _kept(self) -> SMTP | None:
        """A connection that still answers; the relay may have closed the others since."""
        while self._idle:
            kept = self._idle.pop()
            if asyncio.get_running_loop().time() - kept.since < KEPT_SECONDS and kept.client.is_connected:
                try:
                    await kept.client.rset(timeout=5)
                except (SMTPException, OSError):
                    kept.client.close()
                    continue
                return kept.client
            kept.client.close()
        return None

    def _keep(self, client: SMTP) -> None:
        if client.is_connected:
            self._idle.append(_Kept(client, asyncio.get_running_loop().time()))

    async def _connected(self) -> SMTP:
        client = SMTP(
            hostname=self._host,
            port=self._port,
            username=self._user or None,
            password=self._password or None,
            local_hostname=self._greeting_name,  # else this machine's own name would leave (O07)
            timeout=ANSWER_SECONDS,
            use_tls=self._is_tls,
            start_tls=True if self._must_start_tls else (False if self._is_tls else None),
            tls_context=self._context,
        )
        try:
            await client.connect()
        except SMTPResponseException as error:
            client.close()
            raise SendFailed(f"the relay turned us away with {error.code}") from None
        except BaseException:
            client.close()
            raise
        return client


def _trouble(error: Exception) -> str:
    """What an agent reads of a relay that never said yes or no."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return "the relay's certificate cannot be trusted"
    if isinstance(error, ssl.SSLError):
        return "the relay does not speak TLS as it should"
    if "STARTTLS" in str(error):
        return "the relay offers no TLS"
    # The error's text may hold an address; its kind says enough.
    return f"the relay does not answer ({type(error).__name__})"


def _refused(code: int, message: str) -> SendFailed:
    """The relay's verdict by its numbers alone: its text may repeat the address."""
    enhanced = re.match(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}\b", message)
    said = f"{code} {enhanced.group()}" if enhanced else str(code)
    return SendFailed(f"the relay answered {said}", permanent=code >= 500 and code not in _OURS_TO_MEND)
