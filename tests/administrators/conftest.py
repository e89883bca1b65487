"""A board that asks for another administrator, on both databases, at the counter of `instituicoes`."""

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from core import clock
from core.ids import new_id
from core.message import Address, Authentication, InboundMessage, Intent, Speaker, SpeakerKind
from core.people import passwords
from core.people.tables import Organization
from core.tickets.administrators.tables import AdministratorChange
from core.tickets.intake import file_batch
from core.tickets.office import Office
from tests.harness.house import House, open_house

CPF = "529.982.247-25"
ASKED = f"Prezados,\n\nNome: Nina Novais\nCPF: {CPF}\nE-mail: nina@org-a.example\n\nA Diretoria"
BOARD, ADMINISTRATORS = "diretoria@org-a.example", "administradores@instituicoes.example"
ADM, ANA, CARLA = "adm@org-a.example", "ana@org-a.example", "carla@org-b.example"

Ask = Callable[..., Awaitable[AdministratorChange]]


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
async def house(office: Office, tmp_path: Path) -> AsyncIterator[House]:
    """The counter with the demo cast."""
    async with open_house(office, tmp_path) as opened:
        yield opened


@pytest.fixture
def ask(house: House) -> Ask:
    """`ask(text)`: what the board of Org A writes, filed as a worker would."""

    async def file(text: str = ASKED, **more: object) -> AdministratorChange:
        board = await Organization.get(name="Org A")
        intake_id, now = new_id(), clock.now()
        values: dict[str, object] = {
            "intake_id": intake_id, "channel": "email", "received_at": now, "title": "Troca", "text": text,
            "dedupe_key": hashlib.sha256(str(intake_id).encode()).hexdigest(), "intent": Intent.OPEN,
            "authentication": Authentication.DMARC, "author": Address(name="Diretoria", email=BOARD),
            "mailbox": ADMINISTRATORS, "fields": {"category": "troca-de-administrador"},
            "speaker": Speaker(
                kind=SpeakerKind.BOARD, id=board.id, name=board.name, email=BOARD, organization_id=board.id
            ),
        }
        await file_batch([InboundMessage(**(values | more))], house.office, now)
        rows = await AdministratorChange.all().order_by("-id").select_related("ticket")
        return rows[0]

    return file
