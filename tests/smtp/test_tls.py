from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from core import clock
from core.errors import Misconfigured
from tests.smtp.mails import ANA, SUPPORT, mail


async def test_starttls_is_offered_once_and_mail_comes_through_it(tls_door):
    client = await tls_door.client()
    await client.answer()
    assert "STARTTLS" in await client.say("EHLO x")
    assert (await client.say("STARTTLS")).startswith("220 ")
    await client.start_tls()
    assert "STARTTLS" not in await client.say("EHLO x")

    assert (await client.post(mail(), ANA, SUPPORT)).startswith("250 ")
    assert tls_door.queue.only.title == "Nota"


async def test_s02_what_was_said_before_the_handshake_is_dropped(tls_door):
    client = await tls_door.guest()
    await client.write(b"STARTTLS\r\nMAIL FROM:<evil@x.example>\r\nNOOP\r\n")
    assert (await client.answer()).startswith("220 ")
    await client.start_tls()

    # The injected MAIL got no answer and began no mail.
    assert (await client.say("EHLO x")).startswith("250-")
    assert (await client.say(f"RCPT TO:<{SUPPORT}>")).startswith("503 ")


async def test_s02_a_mail_begun_in_plain_text_is_forgotten(tls_door):
    client = await tls_door.guest()
    await client.say(f"MAIL FROM:<{ANA}>")
    await client.say("STARTTLS")
    await client.start_tls()

    assert (await client.say(f"RCPT TO:<{SUPPORT}>")).startswith("503 ")


async def test_s03_a_second_starttls_is_out_of_order(tls_door):
    client = await tls_door.guest()
    await client.say("STARTTLS")
    await client.start_tls()
    await client.say("EHLO x")

    assert (await client.say("STARTTLS")).startswith("503 ")
    assert (await client.say("AUTH PLAIN AGEAYg==")).startswith("503 ")


async def test_s03_auth_before_tls_is_told_to_encrypt_first(tls_door):
    assert (await (await tls_door.guest()).say("AUTH PLAIN AGEAYg==")).startswith("530 5.7.0 ")


async def test_a_handshake_that_fails_ends_that_session_alone(tls_door):
    client = await tls_door.guest()
    await client.say("STARTTLS")
    await client.write(b"this is no handshake\r\n" * 10)

    assert await client.is_closed()
    assert (await (await tls_door.guest()).say("NOOP")).startswith("250 ")


async def test_a_certificate_that_cannot_be_read_is_told_at_the_start(open_door, tmp_path):
    (tmp_path / "broken.pem").write_text("no certificate")
    broken = str(tmp_path / "broken.pem")

    with pytest.raises(Misconfigured, match="GUICHE_TLS_CERT"):
        async with open_door(GUICHE_TLS_CERT=broken, GUICHE_TLS_KEY=broken):
            pass


@pytest.fixture
async def tls_door(open_door, tmp_path):
    certificate, key = made_certificate(tmp_path)
    async with open_door(GUICHE_TLS_CERT=str(certificate), GUICHE_TLS_KEY=str(key)) as door:
        yield door


def made_certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "instituicoes.example")])
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(clock.now() - timedelta(days=1))
        .not_valid_after(clock.now() + timedelta(days=1)).sign(key, hashes.SHA256())
    )  # fmt: skip
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return paths
