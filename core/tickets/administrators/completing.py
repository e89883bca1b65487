"""An agent fills in what a board's mail lacks: whoever approved before approved something else."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from core.decision import Reason
from core.errors import InvalidFields, Refused
from core.people.actor import Actor
from core.people.addresses import canonical_email
from core.tickets.administrators.asked import sealed
from core.tickets.administrators.asking import missing_text
from core.tickets.administrators.cpf import canonical_cpf
from core.tickets.administrators.finding import change_to_act_on
from core.tickets.administrators.reading import name_of, replaced_of
from core.tickets.administrators.steps import stepping
from core.tickets.administrators.tables import ChangeState
from core.tickets.changed import Changed
from core.tickets.office import Office

_FILLED_IN = (ChangeState.INCOMPLETE, ChangeState.REQUESTED)
_READ: dict[str, Callable[[str], str | None]] = {
    "name": name_of, "cpf": canonical_cpf, "email": canonical_email, "replaces": replaced_of,
}  # fmt: skip
_COMPLAINTS = {
    "name": "not a name", "cpf": "not a valid CPF", "email": "not a mail address",
    "replaces": "neither a name nor a mail address",
}  # fmt: skip


async def complete(change_id: str, said: Mapping[str, str], actor: Actor, office: Office) -> Changed:
    """Set what `said` names of name, cpf, email and replaces; approvals start anew.

    Raises `InvalidFields`, and `Refused`: not_found, or invalid_transition once two have approved.
    """
    row = await change_to_act_on(change_id, actor, office.profile)
    values = _checked(said)

    async with stepping(row, actor, office) as step:
        asked = replace(step.asked, **values)
        state = ChangeState.INCOMPLETE if asked.missing else ChangeState.REQUESTED
        moved = await step.move(
            *_FILLED_IN, state=state.value, asked_sealed=sealed(asked, row.ticket_id, office.sealing),
            first_approval_by=None, second_approval_by=None,
        )  # fmt: skip
        if not moved:
            raise Refused(Reason.INVALID_TRANSITION)

        text = missing_text(office.profile.language, asked.missing) if asked.missing else ""
        await step.tell("completed", text, detail=f"fields={','.join(sorted(values))}")
        return step.done()


def _checked(said: Mapping[str, str]) -> dict[str, Any]:
    """Each value as it is kept; every complaint is told at once. He need not replace anybody."""
    values = {name: _READ[name](text.strip()) or "" for name, text in said.items()}
    optional = {name for name, text in said.items() if name == "replaces" and not text.strip()}
    errors = {name: [_COMPLAINTS[name]] for name, value in values.items() if not value and name not in optional}
    if not said:
        errors = {"name": ["is required"]}
    if errors:
        raise InvalidFields(errors)
    return values


