"""An administrator of the organization contests the change in time: it does not take effect (S4-22)."""

from core.decision import Reason
from core.errors import Refused
from core.people.actor import Actor
from core.people.tables import Person
from core.texts import tr
from core.tickets.administrators.finding import change_to_contest
from core.tickets.administrators.steps import Step, reason_of, stepping
from core.tickets.administrators.tables import AdministratorChange, ChangeState
from core.tickets.changed import Changed
from core.tickets.office import Office

_TEXT = "{name}, an administrator of the organization, contests the change of administrator: {reason}"


async def contest(change_id: str, reason: str, actor: Actor, office: Office) -> Changed:
    """Stop it, and let the agents know why.

    Raises `InvalidFields` without a reason, and `Refused`: not_found, or invalid_transition when it
    was decided or its time is over.
    """
    row = await change_to_contest(change_id, actor)
    reason = reason_of(reason)

    async with stepping(row, actor, office) as step:
        if not await _still_administers(actor, row) or not await _stopped(step, reason):
            raise Refused(Reason.INVALID_TRANSITION)

        text = tr(office.profile.language, _TEXT, name=actor.name, reason=reason)
        event = await step.tell("contested", text)

        step.alert(event)
        return step.done()


async def _still_administers(actor: Actor, row: AdministratorChange) -> bool:
    rows = Person.filter(id=actor.id, organization_id=row.organization_id, administers=True, blocked=False)
    return await rows.exists()


async def _stopped(step: Step, reason: str) -> bool:
    row = step.row
    if row.contest_until is None or step.now >= row.contest_until:
        return False
    return await step.move(
        ChangeState.ANNOUNCED, state=ChangeState.CONTESTED.value, decided_by=step.actor.audit_name,
        decided_at=step.now, reason=reason,
    )  # fmt: skip
