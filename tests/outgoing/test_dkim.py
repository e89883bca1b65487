"""What leaves the house is signed by its domain's keys, as a verifier of another make confirms."""

import base64
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from dns.resolver import Resolver
from dnslib import QTYPE, RR, TXT
from dnslib.server import BaseResolver, DNSServer
from hypothesis import given
from hypothesis import strategies as st

from core import clock
from core.dkim_keys import DkimKey, parse_dkim_keys
from core.errors import Misconfigured
from core.settings import Settings, load_settings
from core.tickets.intake import file_batch
from core.tickets.letters import PostOffice
from core.tickets.office import Office
from gateway.channels.dkim_keyring import SigningKey, load_keyring
from gateway.channels.dkim_signing import signed
from gateway.channels.email_out import EmailOut
from gateway.channels.mail_bytes import File, mail_bytes
from gateway.diagnosis import diagnose
from gateway.dispatch import deliver
from tests.fakes.relay import fake_relay
from tests.outgoing.conftest import NOW
from tests.outgoing.test_dispatch import ids
from tests.outgoing.test_mail_bytes import LETTER
from tests.tickets.conftest import Cast, Say

DOMAIN = "i.example"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key files of every kind, by name."""
    folder = tmp_path_factory.mktemp("keys")
    made = {
        "rsa": rsa.generate_private_key(65_537, 2_048), "short": rsa.generate_private_key(65_537, 1_024),
        "ed25519": ed25519.Ed25519PrivateKey.generate(), "curve": ec.generate_private_key(ec.SECP256R1()),
    }
    for name, key in made.items():
        text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / name).write_bytes(text)
    (folder / "nonsense").write_text("canary-key")
    return folder


@pytest.fixture(scope="module")
def keys(folder: Path) -> tuple[SigningKey, ...]:
    return load_keyring(parse_dkim_keys(f"r1:{DOMAIN}:{folder}/rsa e1:{DOMAIN}:{folder}/ed25519"))


class Records(BaseResolver):
    """A zone of TXT records."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    def resolve(self, request: object, handler: object) -> object:
        reply, name = request.reply(), str(request.q.qname).rstrip(".")
        if text := self.texts.get(name):
            chunks = [text[at : at + 200] for at in range(0, len(text), 200)]
            reply.add_answer(RR(name, QTYPE.TXT, ttl=1, rdata=TXT(chunks)))
        return reply


@pytest.fixture(scope="module")
def publish() -> Iterator[Callable[[SigningKey], Callable[..., bytes]]]:
    """Put a key's record into a DNS server of the test's own; gives the lookup a verifier wants."""
    records = Records()
    server = DNSServer(records, port=0, address="127.0.0.1", logger=_Silent())
    server.start_thread()
    resolver = Resolver(configure=False)
    resolver.nameservers = ["127.0.0.1"]
    resolver.port = server.server.server_address[1]

    def lookup(name: bytes, timeout: int = 5) -> bytes:
        answer = resolver.resolve(name.decode().rstrip("."), "TXT", lifetime=timeout)
        return b"".join(answer[0].strings)

    def put(key: SigningKey) -> Callable[..., bytes]:
        records.texts[f"{key.selector}._domainkey.{key.domain}"] = key.published
        return lookup

    yield put
    server.stop()
    server.server.server_close()


class _Silent:
    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_: None


def rsa_verifies(mail: bytes, lookup: Callable[..., bytes], index: int = 0) -> bool:
    try:
        return bool(dkim.DKIM(mail).verify(idx=index, dnsfunc=lookup))
    except dkim.ValidationError:
        return False


MAILS = {
    "plain": mail_bytes(LETTER),
    "automatic": mail_bytes(replace(LETTER, auto_submitted="auto-replied", in_reply_to=None, references=())),
    "long subject": mail_bytes(replace(LETTER, subject="Cobrança em duplicidade — não reconheço " * 4)),
    "many references": mail_bytes(replace(LETTER, references=tuple(f"m{n}@ana.example" for n in range(21)))),
    "files": mail_bytes(LETTER, [File("a.pdf", "application/pdf", bytes(range(256)) * 50)]),
    "blank ends": mail_bytes(replace(LETTER, text="  a \t b  \n \n\n  \n")),
    "empty": mail_bytes(replace(LETTER, text="")),
    "portuguese": mail_bytes(replace(LETTER, text="Ação concluída. " * 200)),
    "name": mail_bytes(replace(LETTER, from_name='Central "de" Serviços, Ltda', to_name="<>")),
}


@pytest.mark.parametrize("name", MAILS)
def test_a_verifier_of_another_make_confirms_each_signature(
    name: str, keys: tuple[SigningKey, ...], publish: Callable[..., Callable[..., bytes]]
) -> None:
    mail = signed(MAILS[name], keys[:1], NOW)
    assert rsa_verifies(mail, publish(keys[0]))
    assert mail.endswith(MAILS[name])


@given(st.text(max_size=300), st.text(max_size=300))
def test_whatever_is_said_the_signature_holds(
    keys: tuple[SigningKey, ...], subject: str, text: str
) -> None:
    mail = signed(mail_bytes(replace(LETTER, subject=subject, text=text)), keys[:1], NOW)
    assert rsa_verifies(mail, lambda *_, **__: keys[0].published.encode())


def test_an_ed25519_signature_is_that_of_the_same_headers(keys: tuple[SigningKey, ...]) -> None:
    mail = signed(MAILS["plain"], [keys[1]], NOW)
    public = ed25519.Ed25519PublicKey.from_public_bytes(base64.b64decode(keys[1].published.partition("p=")[2]))
    signer = dkim.DKIM(mail)
    field = next(value for name, value in signer.headers if name == b"DKIM-Signature")
    tags = dkim.util.parse_tag_value(field)
    hashed = dkim.HashThrough(dkim.crypto.HASH_ALGORITHMS[b"ed25519-sha256"]())
    policy = dkim.CanonicalizationPolicy.from_c_value(tags[b"c"])
    names = [each.strip().lower() for each in tags[b"h"].split(b":")]
    headers = policy.canonicalize_headers(signer.headers)
    dkim.hash_headers(hashed, policy, headers, names, (b"DKIM-Signature", field), tags)
    signature = base64.b64decode(re.sub(rb"\s+", b"", tags[b"b"]))
    public.verify(signature, hashed.digest())


CHANGES = {
    "another body": (b"Bom dia.", b"Boa tarde."),
    "another subject": (b"Subject: ", b"Subject: Re: "),
    "a second From": (b"From: ", b"From: evil@x.example\r\nFrom: "),
    "another To": (b"To: Ana", b"To: Eva"),
    "a Cc nobody wrote": (b"Date: ", b"Cc: evil@x.example\r\nDate: "),
    "another place to answer": (b"Reply-To: ", b"Reply-To: evil@x.example\r\nReply-To: "),
    "another kind": (b"text/plain", b"text/html"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_somebody_changes_on_the_way_breaks_the_signature(name: str, keys: tuple[SigningKey, ...]) -> None:
    mail = signed(MAILS["plain"], keys[:1], NOW)
    head, mark, rest = mail.partition(b"From: ")
    changed = head + (mark + rest).replace(*CHANGES[name], 1)
    assert changed != mail
    assert not rsa_verifies(changed, lambda *_, **__: keys[0].published.encode())


def test_only_keys_of_the_senders_own_domain_sign(folder: Path) -> None:
    keys = load_keyring(parse_dkim_keys(f"a:{DOMAIN}:{folder}/rsa b:x.{DOMAIN}:{folder}/rsa c:other.example:{folder}/rsa"))
    mail = signed(MAILS["plain"], keys, NOW)
    assert re.findall(rb"\bd=([^;]+);", mail.partition(b"From: ")[0]) == [DOMAIN.encode()]
    assert signed(MAILS["plain"], keys[1:], NOW) == MAILS["plain"]


def test_two_keys_make_two_signatures_and_every_try_the_same_bytes(keys: tuple[SigningKey, ...]) -> None:
    mail = signed(MAILS["plain"], keys, NOW)
    assert [mail.count(each) for each in (b"a=rsa-sha256", b"a=ed25519-sha256")] == [1, 1]
    assert mail == signed(MAILS["plain"], keys, NOW)
    assert b"l=" not in mail.partition(b"From: ")[0].replace(b"rel=", b"")
    assert max(len(line) for line in mail.split(b"\r\n")) <= 998


@pytest.mark.parametrize(
    ("setting", "why"),
    [("{0}/missing", "No such file"), ("{0}/nonsense", "no private key in PEM"), ("{0}/curve", "neither an RSA"),
     ("{0}", "Is a directory")],
)
def test_a_key_that_cannot_sign_stops_the_start(
    folder: Path, setting: str, why: str, outbox_settings: Settings, post: PostOffice
) -> None:
    settings = replace(outbox_settings, dkim_key=(DkimKey("s", DOMAIN, Path(setting.format(folder))),))
    with pytest.raises(Misconfigured, match="GUICHE_DKIM_KEY") as stopped:
        EmailOut(settings, post, None)
    assert why in str(stopped.value)
    assert "canary-key" not in str(stopped.value)


def test_a_thousand_bits_are_enough_and_less_are_not(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_keyring(parse_dkim_keys(f"s:{DOMAIN}:{folder}/short"))
    monkeypatch.setattr("gateway.channels.dkim_keyring.LEAST_RSA_BITS", 1_025)
    with pytest.raises(Misconfigured, match="less than"):
        load_keyring(parse_dkim_keys(f"s:{DOMAIN}:{folder}/short"))


@pytest.mark.parametrize("text", ["s", "s:d", "s:d:", ":d.example:/k", "s:-x.example:/k", "s:d..e:/k", "a:d:/k a:d:/l"])
def test_a_setting_that_names_no_key_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="GUICHE_DKIM_KEY"):
        load_settings({"GUICHE_DKIM_KEY": text, "GUICHE_DATA_DIR": str(tmp_path)})


@pytest.mark.parametrize("way", ["relay", "outbox"])
async def test_every_mail_of_the_house_is_signed_whichever_way_it_leaves(
    office: Office, cast: Cast, say: Say, outbox_settings: Settings, folder: Path, way: str
) -> None:
    await file_batch([say(cast.ana, text="Meu boleto", title="Boleto")], office, clock.now())
    key = DkimKey("r1", office.profile.mail_domain, folder / "rsa")
    settings = replace(outbox_settings, dkim_key=(key,))
    async with fake_relay() as fake:
        settings = replace(settings, relay_url=fake.url if way == "relay" else "")
        email = EmailOut(settings, PostOffice(office.profile, office.signing, settings.base_url), office.blobs)
        await deliver(await ids(), email, office)
        await email.close()
    files = [path.read_bytes() for path in (settings.data_dir / "outbox").glob("new/*")]
    # The outbox's own two lines stand above the mail.
    mails = [each.content for each in fake.taken] or [each.split(b"\n", 2)[2].replace(b"\n", b"\r\n") for each in files]
    assert len(mails) == 3
    for mail in mails:
        assert rsa_verifies(mail, lambda *_, **__: load_keyring([key])[0].published.encode())


async def test_CON09_the_doctor_tells_the_record_to_publish(outbox_settings: Settings, folder: Path) -> None:
    key = DkimKey("r1", "instituicoes.example", folder / "rsa")
    found = {each.what: each for each in await diagnose(replace(outbox_settings, dkim_key=(key,)))}
    assert found["dkim"].is_well
    assert found["dkim"].detail.startswith("r1._domainkey.instituicoes.example TXT v=DKIM1; k=rsa; p=MII")
    found = {each.what: each for each in await diagnose(outbox_settings)}
    assert found["dkim"].is_well
    assert "GUICHE_DKIM_KEY" in found["dkim"].detail


async def test_CON09_the_doctor_names_a_key_that_cannot_sign_and_a_domain_without_one(
    outbox_settings: Settings, folder: Path
) -> None:
    broken = replace(outbox_settings, dkim_key=(DkimKey("r1", "instituicoes.example", folder / "nonsense"),))
    foreign = replace(outbox_settings, dkim_key=(DkimKey("r1", "other.example", folder / "rsa"),))
    for settings, why in ((broken, "no private key in PEM"), (foreign, "no key for instituicoes.example")):
        found = {each.what: each for each in await diagnose(settings)}
        assert not found["dkim"].is_well
        assert why in found["dkim"].detail
