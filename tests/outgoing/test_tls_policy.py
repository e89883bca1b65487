"""O14: with `starttls=require`, whatever the relay or somebody on the way does, nothing leaves in the clear."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from core import clock
from core.deliveries import Delivery, DeliveryKind
from core.settings import Settings
from core.tickets.letters import PostOffice
from core.tickets.office import Office
from core.tickets.tables import Entry
from gateway.channels.email_out import EmailOut
from gateway.channels.failure import SendFailed
from gateway.channels.relay import Relay
from gateway.diagnosis import diagnose
from gateway.dispatch import deliver
from gateway.metrics import REGISTRY
from tests.fakes.relay import fake_relay
from tests.outgoing.test_dispatch import ids, opened
from tests.tickets.conftest import Cast, Say

MAIL = b"Subject: x\r\n\r\ncanary-14\r\n"


@dataclass
class Meddler:
    """Somebody between us and the relay, who answers STARTTLS as told and hears the rest."""

    answer: bytes
    offers: bytes = b"250-relay.example\r\n250 STARTTLS\r\n"
    port: int = 0
    heard: list[bytes] = field(default_factory=list)
    talks: "dict[asyncio.Task[None], asyncio.StreamWriter]" = field(default_factory=dict)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.talks[task] = writer
        writer.write(b"220 relay.example\r\n")
        while data := await reader.read(4_096):
            self.heard.append(data)
            verb = data[:8].upper()
            if verb.startswith((b"EHLO", b"HELO")):
                writer.write(self.offers)
            elif verb.startswith(b"STARTTLS"):
                writer.write(self.answer)
            else:
                writer.write(b"250 OK\r\n")
        writer.close()


@asynccontextmanager
async def meddling(answer: bytes, **more: bytes) -> AsyncIterator[Meddler]:
    meddler = Meddler(answer, **more)
    server = await asyncio.start_server(meddler.serve, "127.0.0.1", 0)
    meddler.port = server.sockets[0].getsockname()[1]
    async with server:
        yield meddler
        for writer in meddler.talks.values():
            writer.close()
        await asyncio.gather(*meddler.talks)


TRICKS = {
    "takes the offer away": (b"", b"250-relay.example\r\n250 AUTH PLAIN LOGIN\r\n", "offers no TLS"),
    "says it is busy": (b"454 4.7.0 TLS not available\r\n", None, "turned us away with 454"),
    "says it never heard of it": (b"502 5.5.1 unknown\r\n", None, "turned us away with 502"),
    "says yes and talks on in the clear": (b"220 go\r\n250-relay\r\n250 AUTH PLAIN\r\n", None, "TLS as it should"),
}


@pytest.mark.parametrize("trick", TRICKS)
async def test_O14_whoever_strips_tls_hears_no_mail_and_no_password(trick: str) -> None:
    answer, offers, why = TRICKS[trick]
    async with meddling(answer, **({"offers": offers} if offers else {})) as meddler:
        relay = Relay(f"smtp://desk:canary-pw@127.0.0.1:{meddler.port}?starttls=require", "i.example")
        with pytest.raises(SendFailed) as failed:
            await relay.send("desk@i.example", "ana@org-a.example", MAIL)
        await relay.close()
    assert not failed.value.permanent
    assert why in failed.value.reason
    heard = b"".join(meddler.heard)
    for word in (b"AUTH", b"MAIL FROM", b"RCPT", b"canary", b"ana@"):
        assert word not in heard


@pytest.mark.parametrize("scheme", ["smtps://{}", "smtp://{}?starttls=require"])
async def test_O14_a_certificate_nobody_vouches_for_gets_no_mail(scheme: str, own_certificate: ssl.SSLContext) -> None:
    async with fake_relay(tls_context=own_certificate) as fake:
        relay = Relay(scheme.format(f"127.0.0.1:{fake.port}"), "i.example")
        with pytest.raises(SendFailed) as failed:
            await relay.send("desk@i.example", "ana@org-a.example", MAIL)
    assert not failed.value.permanent
    assert fake.taken == []
    if scheme.startswith("smtp:"):
        assert failed.value.reason == "the relay's certificate cannot be trusted"


async def test_O14_what_may_not_leave_is_tried_again_counted_and_in_the_end_told_to_the_agents(
    office: Office, cast: Cast, say: Say, outbox_settings: Settings
) -> None:
    ticket = await opened(office, cast, say)
    which = await ids(kind=DeliveryKind.ACKNOWLEDGEMENT)
    before = _counted("retrying")
    async with fake_relay() as fake:
        settings = replace(outbox_settings, relay_url=f"{fake.url}?starttls=require")
        email = EmailOut(settings, PostOffice(office.profile, office.signing, settings.base_url), office.blobs)
        await deliver(which, email, office)
        row = await Delivery.get(id=which[0])
        assert (row.state, row.last_error) == ("retrying", "the relay offers no TLS")
        assert _counted("retrying") == before + 1
        await Delivery.filter(id=row.id).update(
            created_at=clock.now() - timedelta(days=5, seconds=1), next_try_at=clock.now()
        )
        await deliver(which, email, office)
        await email.close()
    assert fake.taken == []
    assert (await Delivery.get(id=which[0])).state == "failed"
    said = await Entry.filter(ticket_id=ticket.id, kind="system").order_by("-seq").first()
    assert said is not None
    assert said.visibility == "internal"


def _counted(state: str) -> float:
    labels = {"channel": "email", "state": state}
    return REGISTRY.get_sample_value("guiche_deliveries_total", labels) or 0.0


@pytest.mark.parametrize(
    ("url", "said"),
    [("", "outbox"), ("smtp://relay.example:25", "?starttls=require"), ("smtps://relay.example", "TLS always"),
     ("smtp://relay.example?starttls=require", "TLS always")],
)
async def test_O14_the_doctor_says_what_protects_mail_on_its_way(
    outbox_settings: Settings, url: str, said: str
) -> None:
    found = {each.what: each for each in await diagnose(replace(outbox_settings, relay_url=url))}
    assert found["relay"].is_well
    assert said in found["relay"].detail
