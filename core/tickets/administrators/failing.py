"""A change of administrator that cannot be: its address is not one an administrator could have."""

from core.texts import tr
from core.tickets.administrators.fitting import Unfit
from core.tickets.administrators.steps import Step
from core.tickets.administrators.tables import ChangeState

_WHY = {
    Unfit.INCOMPLETE: "what the board wrote cannot be read any more",
    Unfit.AGENT: "the address belongs to an agent",
    Unfit.DESK: "the address belongs to the desk itself",
    Unfit.BOARD: "the address is the mailbox of a board",
    Unfit.ELSEWHERE: "the address belongs to somebody of another organization",
    Unfit.BLOCKED: "the address belongs to a blocked user",
}


async def fail(step: Step, why: Unfit, *states: ChangeState) -> bool:
    """End it, and tell the agents why; False where it is in none of `states` any more."""
    if not await step.move(
        *states, state=ChangeState.FAILED.value, decided_by="system", decided_at=step.now, reason=why.value
    ):
        return False

    event = await step.tell("failed", _text(step, why), detail=why.value)

    step.alert(event)
    return True


def _text(step: Step, why: Unfit) -> str:
    language = step.office.profile.language
    return tr(language, "The change of administrator cannot take effect: {why}.", why=tr(language, _WHY[why]))
