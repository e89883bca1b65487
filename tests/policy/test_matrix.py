"""The whole matrix of admission, one case for each cell, with the words people hear in both languages."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import pytest

from core.decision import Reason
from core.message import Authentication, Intent, Speaker
from core.policy.admission import judge
from core.policy.reasons import public_text
from core.profile import Profile
from core.profile_loading import SHIPPED, load_profile
from tests.policy.cast import (
    ADMINISTRATORS,
    ANA,
    BLOCKED,
    BOARD,
    BRUNO,
    CLARA,
    CLARAS_TOKEN,
    STRANGER,
    SUPPORT,
    message,
)

TABLE = Path(__file__).with_name("admission_matrix.txt")
SHIPPED_NAMES = sorted(path.stem for path in SHIPPED.glob("*.toml") if not path.stem.endswith(".demo"))
HOLDING = "+hold_colleagues"

WHO: dict[str, tuple[Speaker, dict[str, object]]] = {
    "key_user": (ANA, {}),
    "reader": (BRUNO.model_copy(update={"role": "reader"}), {}),
    "org_admin": (BRUNO.model_copy(update={"role": "admin", "administers": True}), {}),
    "blocked": (BLOCKED, {}),
    "unregistered": (STRANGER, {}),
    "colleague": (Speaker(organization_id=1), {}),
    "agent": (CLARA, {}),
    "agent_by_his_token": (CLARA, {"claims": (CLARAS_TOKEN,)}),
    "board": (BOARD, {"mailbox": SUPPORT}),
    "board_to_administrators": (BOARD, {"mailbox": ADMINISTRATORS}),
}
NEGOTIATION = {"sector": "comercial", "purpose": "negotiation", "text": "Quanto custa o módulo da biblioteca?"}
USES: dict[str, dict[str, object]] = {
    "whatsapp:negotiation": NEGOTIATION,
    "whatsapp:sensitive": NEGOTIATION | {"text": "O CPF dele é 529.982.247-25."},
    "whatsapp:support": {"sector": "n1", "purpose": "support", "text": "O boletim não abre."},
}

# What must have rows, for each desk there is.
BY_MAIL = list(product(["email"], ["dmarc", "trusted_network", "none"], WHO))
EVERYBODY = [who for who in WHO if who not in ("agent_by_his_token", "board_to_administrators")]
KNOWN_CHATS = [("telegram", "none" if who in ("unregistered", "colleague") else "telegram_link", who) for who in EVERYBODY]
ELSEWHERE = [
    *product(["form"], ["form_token", "none"], EVERYBODY), *product(["portal"], ["session"], EVERYBODY), *KNOWN_CHATS,
    *product(["phone"], ["agent"], EVERYBODY),
    *product(["whatsapp", *USES, "instagram", "fax"], ["none"], EVERYBODY),
]  # fmt: skip

OFFICIAL = {
    "instituicoes": "e-mail atendimento@instituicoes.example, formulário da Área de Clientes, Área de Clientes,"
    " telefone (dúvidas rápidas e chamados já abertos)",
    "representantes": "e-mail atendimento@representantes.example, formulário do sistema de chamados,"
    " sistema de chamados, Telegram",
}
TEXTS = {
    "not_authorized": (
        "Você não está autorizado a falar com o suporte por aqui. Canais oficiais: {}.",
        "You are not authorized to speak with support here. Official channels: {}.",
    ),
    "unofficial_channel": (
        "Este não é um canal oficial de suporte. Canais oficiais: {}.",
        "This is not an official support channel. Official channels: {}.",
    ),
    "channel_not_linked": (
        "Esta conversa não está vinculada a nenhum usuário cadastrado. Canais oficiais: {}.",
        "This chat is not linked to anybody registered. Official channels: {}.",
    ),
    "phone_may_not_open": (
        "Não é possível abrir chamado por telefone. Canais oficiais: {}.",
        "A ticket cannot be opened by telephone. Official channels: {}.",
    ),
    "sender_not_proven": (
        "Não foi possível comprovar o endereço do remetente.", "The sender's address could not be proven.",
    ),
    "no_standing": ("Você não participa deste chamado.", "You have no part in this ticket."),
    "address_not_confirmed": (
        "O endereço de e-mail ainda não foi confirmado.", "The e-mail address has not been confirmed yet.",
    ),
    "awaiting_administrator": (
        "Um administrador da sua organização precisa autorizar você primeiro.",
        "An administrator of your organization has to authorize you first.",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Cell:
    desk: str
    channel: str
    proof: str
    who: str
    intent: Intent
    expected: str

    @property
    def id(self) -> str:
        return f"{self.desk}-{self.channel}-{self.proof}-{self.who}-{self.intent}"


def cells() -> Iterator[Cell]:
    for line in TABLE.read_text("utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        desk, channel, proof, people, *answers = line.split()
        answers = answers * 3 if len(answers) == 1 else answers
        for who in people.split(","):
            for intent, expected in zip(Intent, answers, strict=True):
                yield Cell(desk, channel, proof, who, intent, expected)


CELLS = list(cells())


def profile_of(desk: str) -> Profile:
    profile = load_profile(desk.removesuffix(HOLDING))
    if not desk.endswith(HOLDING):
        return profile
    return profile.model_copy(update={"access": profile.access.model_copy(update={"hold_colleagues": True})})


@pytest.mark.parametrize("cell", CELLS, ids=[cell.id for cell in CELLS])
def test_a_cell_of_the_matrix(cell: Cell) -> None:
    profile, (speaker, more) = profile_of(cell.desk), WHO[cell.who]
    values = {"authentication": Authentication(cell.proof), "intent": cell.intent, "speaker": speaker} | more
    said = message(cell.channel.partition(":")[0], **(values | USES.get(cell.channel, {})))

    decision = judge(said, profile)

    assert (decision.reason.value if decision.reason else "ok") == cell.expected
    # Refused or held, the last rule asked says so; nothing is asked after it.
    assert [step.outcome for step in decision.trail[:-1]] == ["passed"] * (len(decision.trail) - 1)
    if cell.expected != "ok":
        assert decision.trail[-1].outcome == decision.verdict.value
        for language, text in zip(("pt-BR", "en"), TEXTS[cell.expected], strict=True):
            told = public_text(Reason(cell.expected), language, profile, said.received_at)
            assert told == text.format(OFFICIAL[cell.desk.removesuffix(HOLDING)])


def test_every_desk_there_is_has_every_cell_once() -> None:
    wanted = [(desk, *case) for desk in SHIPPED_NAMES for case in (*BY_MAIL, *ELSEWHERE)]
    wanted += [(f"instituicoes{HOLDING}", *case) for case in BY_MAIL]

    written = [(cell.desk, cell.channel, cell.proof, cell.who) for cell in CELLS if cell.intent is Intent.OPEN]

    assert sorted(written) == sorted(wanted)


@pytest.mark.parametrize("name", SHIPPED_NAMES)
def test_every_channel_a_desk_lists_stands_in_the_matrix(name: str) -> None:
    assert set(load_profile(name).channels) <= {cell.channel for cell in CELLS if cell.desk == name}
