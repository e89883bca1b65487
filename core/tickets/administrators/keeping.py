"""Write down what a board asked for, with the ticket it asked it on."""

from datetime import datetime

from core import audit
from core.tickets.administrators.tables import AdministratorChange


def object_of(row: AdministratorChange) -> str:
    """How audit rows name it."""
    return f"administrator_change:{row.id}"


async def keep(row: AdministratorChange, now: datetime) -> None:
    """Insert the row and say so in the audit; part of the transaction that files the mail."""
    await row.save()
    await audit.record(
        f"board:{row.organization_id}", "administrator_change.asked", object_of(row), now,
        detail=f"ticket:{row.ticket_id}", after=f"state={row.state} approvals=0",
    )  # fmt: skip
