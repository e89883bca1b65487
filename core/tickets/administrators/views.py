"""Changes of administrator as agents and administrators see them; personal data only to who may act (S4-22)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from core import audit
from core.people.actor import Actor
from core.people.tables import Agent
from core.profile import Profile
from core.tickets.administrators.asked import Asked, opened
from core.tickets.administrators.cpf import masked_cpf
from core.tickets.administrators.finding import change_to_act_on, change_to_contest, change_to_read
from core.tickets.administrators.keeping import object_of
from core.tickets.administrators.steps import approvals_of
from core.tickets.administrators.tables import AdministratorChange, ChangeState
from core.tickets.office import Office
from core.tickets.rights import may_act, own_ticket

Row = dict[str, Any]


async def summary_of(ticket_id: int) -> Row | None:
    """What a ticket's JSON says of its change of administrator, or None where it is about something else."""
    row = await AdministratorChange.get_or_none(ticket_id=ticket_id)
    return _summary(row) if row is not None else None


async def summary_for(protocol: str, actor: Actor, profile: Profile) -> Row | None:
    """The same by the ticket's protocol, for whoever may read it; `Refused(NOT_FOUND)` for others."""
    return await summary_of((await own_ticket(protocol, actor, profile)).id)


async def change_view(change_id: str, actor: Actor, office: Office) -> Row:
    """One change for an agent who may read its ticket; `Refused(NOT_FOUND)` for others."""
    row = await change_to_read(change_id, actor, office.profile)
    return (await views([row], actor, office))[0]


async def revealed_view(change_id: str, actor: Actor, office: Office, now: datetime) -> Row:
    """The same with the whole CPF, for an agent who may act; the audit says that he looked."""
    row = await change_to_act_on(change_id, actor, office.profile)
    await audit.record(actor.audit_name, "administrator_change.revealed", object_of(row), now)
    asked = opened(row.asked_sealed, row.ticket_id, office.sealing)
    shown = (await views([row], actor, office))[0]
    return shown | {"cpf": asked.cpf or None}


async def views(rows: Sequence[AdministratorChange], actor: Actor, office: Office) -> list[Row]:
    """Rows with their tickets and organizations, as `actor` may see them."""
    ids = {each for row in rows for each in approvals_of(row)}
    emails = {agent.id: agent.email for agent in await Agent.filter(id__in=ids)} if ids else {}
    shown = []
    for row in rows:
        asked = opened(row.asked_sealed, row.ticket_id, office.sealing)
        acts = may_act(actor, row.ticket)
        shown.append(
            _summary(row)
            | {
                "ticket": row.ticket.protocol, "organization": row.organization.name, "missing": list(asked.missing),
                "approved_by": [emails[each] for each in approvals_of(row)], "reason": row.reason or None,
                "created_at": _at(row.created_at), "decided_at": _at(row.decided_at), "may_act": acts,
            }
            | _personal(asked if acts else Asked())
        )  # fmt: skip
    return shown


async def announced_view(change_id: str, actor: Actor, office: Office, now: datetime) -> Row:
    """What an administrator of the organization is told; `Refused(NOT_FOUND)` for those of others."""
    row = await change_to_contest(change_id, actor)
    asked = opened(row.asked_sealed, row.ticket_id, office.sealing)
    is_in_time = row.contest_until is not None and now < row.contest_until
    return {
        "id": row.id, "state": row.state, "contest_until": _at(row.contest_until), "name": asked.name or None,
        "email": asked.email or None, "decided_at": _at(row.decided_at),
        "may_contest": is_in_time and row.state == ChangeState.ANNOUNCED,
    }  # fmt: skip


def _summary(row: AdministratorChange) -> Row:
    return {
        "id": row.id, "state": row.state, "contest_until": _at(row.contest_until),
        "approvals": len(approvals_of(row)),
    }  # fmt: skip


def _personal(asked: Asked) -> Row:
    return {
        "name": asked.name or None, "cpf": masked_cpf(asked.cpf) or None, "email": asked.email or None,
        "replaces": asked.replaces or None,
    }  # fmt: skip


def _at(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
