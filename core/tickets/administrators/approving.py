"""Two different agents approve a change of administrator; then every current administrator is told (S4-22)."""

from dataclasses import replace
from datetime import timedelta

from core.decision import Reason
from core.deliveries import DeliveryKind
from core.errors import InvalidFields, Refused
from core.people.actor import Actor
from core.people.actors import actor_of_agent
from core.people.tables import Agent, Person
from core.texts import tr
from core.tickets.administrators.asked import sealed
from core.tickets.administrators.failing import fail
from core.tickets.administrators.finding import change_to_act_on
from core.tickets.administrators.fitting import Unfit, administrators_of, fitting, replaced
from core.tickets.administrators.steps import Step, stepping
from core.tickets.administrators.tables import ChangeState
from core.tickets.changed import Changed
from core.tickets.office import Office
from core.tickets.rights import may_act

_OPEN = ChangeState.REQUESTED


async def approve(change_id: str, actor: Actor, office: Office) -> Changed:
    """Approve it; the second approval, by another agent, announces it and starts the time to contest.

    One whose address can be no administrator's fails at once. Raises `Refused`: not_found,
    invalid_transition (incomplete, decided, or the same agent again), and `InvalidFields` where nobody
    can tell whom the new one replaces.
    """
    row = await change_to_act_on(change_id, actor, office.profile)

    async with stepping(row, actor, office) as step:
        if row.state != _OPEN or (first := await _first_approver(step)) == actor.id:
            raise Refused(Reason.INVALID_TRANSITION)
        asked = step.asked
        former = await replaced(asked.replaces, row.organization_id) if asked.replaces else None
        if asked.replaces and former is None:
            raise InvalidFields({"replaces": ["no administrator of the organization is called so"]})
        fit = await fitting(asked.email, row.organization_id, office.profile)
        if isinstance(fit, Unfit):
            await fail(step, fit, _OPEN)
        elif first is None:
            await _approve_first(step)
        else:
            await _approve_second(step, former)
        return step.done()


async def _first_approver(step: Step) -> int | None:
    """Who has approved it; somebody who was blocked or lost the ticket since approved nothing."""
    agent = await Agent.get_or_none(id=step.row.first_approval_by or 0, blocked=False)
    return agent.id if agent is not None and may_act(actor_of_agent(agent), step.ticket) else None


async def _approve_first(step: Step) -> None:
    if not await step.move(_OPEN, first_approval_by=step.actor.id):
        raise Refused(Reason.INVALID_TRANSITION)

    await step.tell("approved")


async def _approve_second(step: Step, former: Person | None) -> None:
    until = step.now + timedelta(hours=step.office.profile.access.contest_hours)
    # By a name or an address alone, whoever is told that he goes could see to it that it means him no more.
    asked = replace(step.asked, replaces_id=former.id if former else None)
    announced = await step.move(
        _OPEN, state=ChangeState.ANNOUNCED.value, second_approval_by=step.actor.id, contest_until=until,
        asked_sealed=sealed(asked, step.row.ticket_id, step.office.sealing),
    )  # fmt: skip
    if not announced:
        raise Refused(Reason.INVALID_TRANSITION)
    told = await administrators_of(step.row.organization_id)

    await step.tell("approved", _text(step, len(told)))

    for administrator in told:
        await step.write_to(DeliveryKind.ADMINISTRATOR_CHANGE, administrator)


def _text(step: Step, told: int) -> str:
    language, hours = step.office.profile.language, step.office.profile.access.contest_hours
    if not told:
        return tr(
            language,
            "Two people approved the change of administrator. The organization has no administrator who could be"
            " told; it takes effect in {hours} hours.",
            hours=hours,
        )
    return tr(
        language,
        "Two people approved the change of administrator. The organization's administrators were told ({count});"
        " unless one of them contests it, it takes effect in {hours} hours.",
        count=told, hours=hours,
    )  # fmt: skip
