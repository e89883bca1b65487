"""A signer of mails for the tests: plain and slow, and written apart from the code it is to test."""

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

USUAL = ("from", "to", "subject", "date", "message-id")


@dataclass(frozen=True)
class SigningKey:
    """A key pair, with the text its owner publishes."""

    private: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey

    @classmethod
    def rsa(cls, bits: int = 2_048) -> "SigningKey":
        return cls(rsa.generate_private_key(65_537, bits))

    @classmethod
    def from_pem(cls, pem: bytes) -> "SigningKey":
        private = load_pem_private_key(pem, None)
        assert isinstance(private, rsa.RSAPrivateKey)
        return cls(private)

    @classmethod
    def ed25519(cls) -> "SigningKey":
        return cls(ed25519.Ed25519PrivateKey.generate())

    @property
    def algorithm(self) -> str:
        return "rsa-sha256" if isinstance(self.private, rsa.RSAPrivateKey) else "ed25519-sha256"

    @property
    def record(self) -> str:
        public = self.private.public_key()
        if isinstance(public, rsa.RSAPublicKey):
            raw = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
            return f"v=DKIM1; k=rsa; p={base64.b64encode(raw).decode()}"
        raw = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
        return f"v=DKIM1; k=ed25519; p={base64.b64encode(raw).decode()}"

    @property
    def pem(self) -> bytes:
        return self.private.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())

    def sign(self, data: bytes) -> str:
        if isinstance(self.private, rsa.RSAPrivateKey):
            return base64.b64encode(self.private.sign(data, padding.PKCS1v15(), SHA256())).decode()
        return base64.b64encode(self.private.sign(hashlib.sha256(data).digest())).decode()


def dkim_signed(
    raw: bytes, key: SigningKey, domain: str, selector: str = "s1", *, forms: str = "relaxed/relaxed",
    signed: Sequence[str] = USUAL, more: str = "", field: str = "DKIM-Signature", first: str = "v=1",
) -> bytes:
    """`raw` under a signature; `more` are further tags."""
    fields, body = _cut(raw)
    header_form, body_form = forms.split("/")
    digest = base64.b64encode(hashlib.sha256(_body(body, body_form)).digest()).decode()
    value = (
        f" {first}; a={key.algorithm}; c={forms}; d={domain}; s={selector};{more}\r\n\th={':'.join(signed)};"
        f"\r\n\tbh={digest}; b="
    )
    left = list(fields)
    data = b""
    for name in signed:
        for at in range(len(left) - 1, -1, -1):
            if left[at][0].lower() == name:
                data += _field(*left.pop(at), header_form)
                break
    data += _field(field, value + "\r\n", header_form)[:-2]
    return f"{field}:{value}{key.sign(data)}\r\n".encode() + raw


def arc_sealed(
    raw: bytes, key: SigningKey, domain: str, results: str, *, number: int = 1, cv: str = "none",
    selector: str = "s1", signed: Sequence[str] = USUAL,
) -> bytes:
    """`raw` with one more set of ARC fields on top, saying `results`."""
    earlier, _ = _cut(raw)
    said = (f"ARC-Authentication-Results: i={number}; {domain}; {results}\r\n").encode()
    messaged = dkim_signed(
        raw, key, domain, selector, signed=signed, field="ARC-Message-Signature", first=f"i={number}"
    )
    message = messaged[: len(messaged) - len(raw)]
    sealing = f" i={number}; a={key.algorithm}; cv={cv}; d={domain}; s={selector}; b="
    data = b""
    for each in range(1, number):
        for name in ("arc-authentication-results", "arc-message-signature", "arc-seal"):
            [found] = [
                one for one in earlier if one[0].lower() == name and re.match(rf"\s*i={each};", one[1])
            ]
            data += _field(*found, "relaxed")
    for part in (said, message):
        name, _, value = part.decode().partition(":")
        data += _field(name, value, "relaxed")
    data += _field("ARC-Seal", sealing + "\r\n", "relaxed")[:-2]
    return f"ARC-Seal:{sealing}{key.sign(data)}\r\n".encode() + message + said + raw


def _cut(raw: bytes) -> tuple[list[tuple[str, str]], bytes]:
    head, _, body = raw.partition(b"\r\n\r\n")
    fields: list[tuple[str, str]] = []
    for line in head.decode("latin-1").split("\r\n"):
        if line[:1] in (" ", "\t"):
            fields[-1] = (fields[-1][0], fields[-1][1] + line + "\r\n")
        else:
            name, _, value = line.partition(":")
            fields.append((name, value + "\r\n"))
    return fields, body


def _field(name: str, value: str, form: str) -> bytes:
    if form == "simple":
        return f"{name}:{value}".encode("latin-1")
    words = re.sub(r"[ \t]+", " ", value.replace("\r\n", "")).strip(" ")
    return f"{name.lower()}:{words}\r\n".encode("latin-1")


def _body(body: bytes, form: str) -> bytes:
    lines = body.split(b"\r\n")
    if form == "relaxed":
        lines = [re.sub(rb"[ \t]+", b" ", line).rstrip(b" ") for line in lines]
    while lines and not lines[-1]:
        lines.pop()
    if not lines:
        return b"" if form == "relaxed" else b"\r\n"
    return b"\r\n".join(lines) + b"\r\n"
