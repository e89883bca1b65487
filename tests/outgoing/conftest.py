"""Letters, deliveries and relays for the tests of what leaves the house."""

import ssl
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from core.deliveries import Delivery, DeliveryKind
from core.keys import Key, SigningKeys
from core.profile_loading import load_profile
from core.settings import Settings
from core.tickets.letters import Facts, PostOffice
from core.tickets.tables import Entry, Ticket
from tests.tickets.conftest import cast, say

__all__ = ["cast", "say"]

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PROTOCOL = "20261122000001X"


@pytest.fixture
def post() -> PostOffice:
    return PostOffice(load_profile("instituicoes"), SigningKeys([Key("test", b"0" * 32)]), "http://desk.example:8080")


@pytest.fixture
def ticket() -> Ticket:
    return Ticket(
        id=7, protocol=PROTOCOL, title="Boleto não chegou", status="open", sector="n1", opened_via="email",
        opened_by="person:1", mailbox="atendimento@instituicoes.example", requester_id=1,
    )


def entry(text: str = "Segue o boleto.", visibility: str = "public", **more: object) -> Entry:
    values: dict[str, object] = {
        "id": UUID(int=5), "ticket_id": 7, "seq": 2, "kind": "reply", "visibility": visibility,
        "author_role": "agent", "author_name": "Clara", "channel": "email", "text": text, "full_text": text,
    }
    return Entry(**(values | more))


def facts(kind: DeliveryKind, ticket: Ticket | None, said: Entry | None = None, **more: object) -> Facts:
    """What is known about a delivery to Ana, or to Clara with `to="agent"`."""
    to = str(more.pop("to", "person"))
    delivery = Delivery(
        id=UUID(int=9), ticket_id=ticket.id if ticket else None, kind=kind, channel="email", recipient_kind=to,
        recipient_id=1, detail=str(more.pop("detail", "")), created_at=NOW, next_try_at=NOW, attempts=1,
    )
    known = Facts(delivery, "Ana Souza", "ana@org-a.example", ticket, said)
    return replace(known, **more)


@pytest.fixture
def outbox_settings(tmp_path: Path) -> Settings:
    """No relay: mail lands in the outbox."""
    return Settings(data_dir=tmp_path, base_url="http://desk.example:8080")


@pytest.fixture(scope="session")
def own_certificate() -> ssl.SSLContext:
    """A server's TLS with a certificate it signed itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "relay.example")])
    made = x509.CertificateBuilder(
        issuer_name=name, subject_name=name, public_key=key.public_key(), serial_number=1,
        not_valid_before=datetime.now(UTC) - timedelta(days=1), not_valid_after=datetime.now(UTC) + timedelta(days=1),
    ).sign(key, SHA256())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile() as file:
        file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        file.write(made.public_bytes(Encoding.PEM))
        file.flush()
        context.load_cert_chain(file.name)
    return context
