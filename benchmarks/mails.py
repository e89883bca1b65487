"""The mails of a measurement: the same ones for the same arguments."""

import random
from dataclasses import dataclass
from pathlib import Path

from tests.harness.signing import SigningKey, dkim_signed

TO = "atendimento@instituicoes.example"
SENDERS = ("ana@org-a.example", "carla@org-b.example")
WORDS = (
    "bom dia prezados preciso de ajuda com o relatório mensal que não abre desde ontem depois da atualização"
    " quando clico em emitir aparece uma mensagem de erro sobre a configuração do cadastro da instituição"
).split()
LENGTHS = (1_200, 2_000, 3_500, 6_000, 11_000)  # mean about 5 KiB with headers and the HTML half


@dataclass(frozen=True)
class Mail:
    """A mail with its envelope sender."""

    sender: str
    raw: bytes


def plain(count: int, size: int, seed: int) -> list[Mail]:
    """`count` plain mails of about `size` bytes, each a matter of its own."""
    rng = random.Random(seed)
    return [_mail(rng, f"{seed}-{number}", size - 420, "") for number in range(count)]


def signed(count: int, size: int, seed: int, key_file: str) -> list[Mail]:
    """`plain`, each mail signed for its sender's domain, in the one way all the world's mail is."""
    key = SigningKey.from_pem(Path(key_file).read_bytes())
    return [
        Mail(each.sender, dkim_signed(each.raw, key, each.sender.rpartition("@")[2]))
        for each in plain(count, size, seed)
    ]


def journey(count: int, seed: int) -> list[Mail]:
    """`count` mails of mixed size and shape; the second half are replies to the first."""
    rng = random.Random(seed)
    names = [f"{seed}-{number}" for number in range(count)]
    half = count // 2
    opening = [_mail(rng, name, rng.choice(LENGTHS), "") for name in names[:half]]
    replies = [
        _mail(rng, name, rng.choice(LENGTHS), names[index % half]) for index, name in enumerate(names[half:])
    ]
    return opening + replies


def _mail(rng: random.Random, name: str, length: int, answers: str) -> Mail:
    # A matter and its replies come from one sender.
    sender = SENDERS[int((answers or name).rpartition("-")[2]) % len(SENDERS)]
    headers = [
        f"From: Fulano de Tal <{sender}>", f"To: Atendimento <{TO}>", f"Subject: Chamado {name}",
        "Date: Sun, 22 Nov 2026 12:00:00 -0300", f"Message-ID: <{name}@bench.example>", "MIME-Version: 1.0",
        "X-Mailer: bench",
    ]
    if answers:
        headers += [f"In-Reply-To: <{answers}@bench.example>", f"References: <{answers}@bench.example>"]
    return Mail(sender, ("\r\n".join([*headers, _body(rng, length)]) + "\r\n").encode())


def _body(rng: random.Random, length: int) -> str:
    if rng.random() < 0.5:
        return f"{_part('plain')}\r\n\r\n{_text(rng, length)}"
    text = _text(rng, length // 2)
    return (
        'Content-Type: multipart/alternative; boundary="b"\r\n\r\n'
        f"--b\r\n{_part('plain')}\r\n\r\n{text}\r\n--b\r\n{_part('html')}\r\n\r\n<p>{text}</p>\r\n--b--"
    )


def _part(subtype: str) -> str:
    return f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: 8bit"


def _text(rng: random.Random, length: int) -> str:
    lines: list[str] = []
    while sum(map(len, lines)) < length:
        lines.append(" ".join(rng.choices(WORDS, k=11)))
    return "\r\n".join(lines)
