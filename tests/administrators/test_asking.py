"""A board's mail becomes a ticket and, in the same transaction, a request that keeps its data sealed."""

import pytest

from core import audit, clock
from core.audit import AuditRow
from core.deliveries import Delivery
from core.tickets.administrators.asked import Asked, opened
from core.tickets.administrators.tables import AdministratorChange
from core.tickets.tables import Entry, Event, Intake, Ticket
from tests.administrators.conftest import BOARD, Ask
from tests.harness.house import House


async def test_S4_22_what_a_board_asks_for_is_kept_sealed_beside_its_ticket(ask: Ask, house: House) -> None:
    row = await ask()

    asked = opened(row.asked_sealed, row.ticket_id, house.office.sealing)
    assert (row.state, row.ticket.category) == ("requested", "troca-de-administrador")
    assert asked == Asked("Nina Novais", "52998224725", "nina@org-a.example")
    assert b"Nina" not in bytes(row.asked_sealed) and b"529" not in bytes(row.asked_sealed)
    assert await Event.filter(kind="administrator_asked").count() == 1
    assert await Entry.all().count() == 1, "there is nothing to tell the agents"
    [receipt] = await Delivery.filter(recipient_kind="address")
    assert receipt.kind == "acknowledgement"


async def test_S4_22_an_incomplete_one_tells_the_agents_what_is_missing(ask: Ask) -> None:
    row = await ask("Nome: Nina Novais\nCPF: 529.982.247-24")

    note = await Entry.get(kind="system")
    assert row.state == "incomplete"
    assert (note.visibility, note.author_role) == ("internal", "system")
    assert note.text == (
        "A troca de administrador ainda não pode ser aprovada. Falta ou não está claro:"
        " um CPF válido do novo administrador, o e-mail do novo administrador."
    )
    assert await Delivery.filter(recipient_kind="address").count() == 1


async def test_S4_22_the_audit_names_the_board_and_nothing_of_what_it_wrote(ask: Ask) -> None:
    row = await ask()

    [audited] = await AuditRow.filter(action="administrator_change.asked")
    assert audited.actor == f"board:{row.organization_id}"
    assert (audited.object_id, audited.after) == (f"administrator_change:{row.id}", "state=requested approvals=0")
    assert audited.detail == f"ticket:{row.ticket_id}"


async def test_S4_22_history_asks_for_nothing(ask: Ask, house: House) -> None:
    with pytest.raises(IndexError):
        await ask(archived_at=clock.now())

    assert await Ticket.all().count() == 1
    assert await AdministratorChange.all().count() == 0


async def test_S4_22_a_request_that_cannot_be_kept_leaves_no_ticket(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    async def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(audit, "record", killed)
    with pytest.raises(KeyboardInterrupt):
        await ask()

    assert (await Ticket.all().count(), await AdministratorChange.all().count(), await Intake.all().count()) == (0, 0, 0)


async def test_S4_22_the_board_is_asked_once_however_often_its_mail_comes(ask: Ask) -> None:
    await ask(dedupe_key="k" * 64)
    await ask(dedupe_key="k" * 64)

    assert await AdministratorChange.all().count() == 1
    assert await Delivery.filter(recipient_kind="address").count() == 1


async def test_S4_22_a_customers_own_ticket_asks_for_nobody(house: House) -> None:
    await house.file(text="Nome: Nina Novais\nCPF: 529.982.247-25\nE-mail: nina@org-a.example")

    assert await AdministratorChange.all().count() == 0
    assert BOARD not in [each.opened_by for each in await Ticket.all()]
