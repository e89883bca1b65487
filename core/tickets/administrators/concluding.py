"""The time to contest is over: the change of administrator takes effect (S4-22)."""

from contextlib import suppress
from datetime import datetime

from tortoise.exceptions import IntegrityError

from core import audit
from core.deliveries import DeliveryRef
from core.errors import Refused
from core.people.actor import SYSTEM
from core.people.administering import lock
from core.people.inviting import send_link
from core.people.sign_in_links import LinkKind
from core.people.tables import Person
from core.texts import tr
from core.tickets.administrators.failing import fail
from core.tickets.administrators.fitting import Unfit, fitting
from core.tickets.administrators.giving import give
from core.tickets.administrators.keeping import object_of
from core.tickets.administrators.steps import Step, stepping
from core.tickets.administrators.tables import AdministratorChange, ChangeState
from core.tickets.office import Office

_AT_ONCE = 100


async def conclude_due(office: Office, now: datetime) -> list[DeliveryRef]:
    """Conclude what nobody contested in time; the letters to announce.

    Each in a transaction of its own, which one of several processes wins. Raises `Unavailable` when
    the database is away.
    """
    due = AdministratorChange.filter(state=ChangeState.ANNOUNCED.value, contest_until__lte=now)
    letters: list[DeliveryRef] = []
    for row in await due.order_by("id").limit(_AT_ONCE):
        # Somebody took the address this very moment: the next round finds whose it is.
        with suppress(IntegrityError, Refused):
            letters += await _conclude(row, office, now)
    return letters


async def _conclude(row: AdministratorChange, office: Office, now: datetime) -> tuple[DeliveryRef, ...]:
    async with stepping(row, SYSTEM, office) as step:
        # From here on nobody else changes this organization's people.
        await lock(row.organization_id, SYSTEM)
        asked = step.asked
        fit = await fitting(asked.email, row.organization_id, office.profile)
        if isinstance(fit, Unfit):
            await fail(step, fit, ChangeState.ANNOUNCED)
            return step.done().deliveries
        if not await _concluded(step, now):
            return ()
        chosen = await give(asked, row, fit.person, now)

        await step.tell("concluded", tr(office.profile.language, "The change of administrator has taken effect."))

        await _invite(step, chosen, now)
        return step.done().deliveries


async def _invite(step: Step, chosen: Person, now: datetime) -> None:
    """Whoever has no password yet gets a link to choose one, unless he got several just now."""
    if chosen.password_hash is not None:
        return
    letter = await send_link(chosen, LinkKind.INVITATION, step.office.signing, now)
    if letter is not None:
        step.letters.append(letter)
        await audit.record(step.actor.audit_name, "invited", f"person:{chosen.id}", now, object_of(step.row))


async def _concluded(step: Step, now: datetime) -> bool:
    return await step.move(
        ChangeState.ANNOUNCED, state=ChangeState.DONE.value, decided_by="system", decided_at=now
    )
