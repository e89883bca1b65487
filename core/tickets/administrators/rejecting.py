"""An agent rejects a change of administrator, for a reason that stays among agents."""

from core.decision import Reason
from core.errors import Refused
from core.people.actor import Actor
from core.texts import tr
from core.tickets.administrators.finding import change_to_act_on
from core.tickets.administrators.steps import reason_of, stepping
from core.tickets.administrators.tables import ChangeState
from core.tickets.changed import Changed
from core.tickets.office import Office

_STILL_OPEN = (ChangeState.INCOMPLETE, ChangeState.REQUESTED, ChangeState.ANNOUNCED)


async def reject(change_id: str, reason: str, actor: Actor, office: Office) -> Changed:
    """End it, also while it may be contested.

    Raises `InvalidFields` without a reason, and `Refused`: not_found, or invalid_transition once it is decided.
    """
    row = await change_to_act_on(change_id, actor, office.profile)
    reason = reason_of(reason)

    async with stepping(row, actor, office) as step:
        rejected = await step.move(
            *_STILL_OPEN, state=ChangeState.REJECTED.value, decided_by=actor.audit_name, decided_at=step.now,
            reason=reason,
        )  # fmt: skip
        if not rejected:
            raise Refused(Reason.INVALID_TRANSITION)

        language = office.profile.language
        await step.tell("rejected", tr(language, "The change of administrator was rejected: {reason}", reason=reason))
        return step.done()
