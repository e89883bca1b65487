"""Signs that several people use one account: told to whoever administers, who blocks it or settles the matter."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from core.audit import record
from core.database import transaction
from core.decision import Reason
from core.deliveries import DeliveryKind, DeliveryRef
from core.errors import Refused
from core.idempotency import first_time
from core.people import changing_agents, granting
from core.people.actor import SYSTEM, Actor, ActorKind
from core.people.administering import require_desk_admin, require_manager
from core.people.notices import notify
from core.people.owners import Owner, column_of, name_of
from core.people.sessions import alive
from core.people.tables import AccountAlert, Agent, Person
from core.profile import Profile

SHARED_PASSWORD = "shared_password"
# A desk and a telephone make two places of one person; a third within the hour, while the others are
# still signed in, is more likely another person than a third machine.
PLACES = 3
WITHIN = timedelta(hours=1)
ONCE_IN = timedelta(days=1)


async def look_for_sharing(owner: Owner, profile: Profile, now: datetime) -> list[DeliveryRef]:
    """After a sign-in: raise an alert when `owner` is signed in from too many places (S4-18).

    Once per account and day. Where the profile says so the account is blocked at once, but never the last
    administrator. Gives the letters to announce.
    """
    sessions = await alive(owner, now).filter(created_at__gt=now - WITHIN)
    places = len({session.place_hash for session in sessions if session.place_hash})
    if places < PLACES:
        return []

    letters = await _raise(owner, places, now)
    # Asked each time: a crash after the alert is made good at the next sign-in.
    if profile.access.block_shared_passwords:
        with suppress(Refused):
            await _block(owner, SYSTEM, now)
    return letters


async def _raise(owner: Owner, places: int, now: datetime) -> list[DeliveryRef]:
    async with transaction():
        if not await first_time(f"{SHARED_PASSWORD} {name_of(owner)}", now, now + ONCE_IN):
            return []

        alert = AccountAlert(kind=SHARED_PASSWORD, places=places, raised_at=now)
        setattr(alert, column_of(owner), owner.id)
        await alert.save()
        await record(
            SYSTEM.audit_name, "account_alert_raised", f"alert:{alert.id}", now, name_of(owner),
            after=f"{SHARED_PASSWORD} places={places}",
        )  # fmt: skip
        return [
            await notify(DeliveryKind.ACCOUNT_ALERT, each, now, str(alert.id)) for each in await _told_about(owner)
        ]


async def _told_about(owner: Owner) -> Sequence[Owner]:
    """The organization's other administrators, or himself with the desk's admins when he is the only one."""
    admins: list[Agent] = await Agent.filter(role="admin", blocked=False).order_by("id")
    if isinstance(owner, Agent):
        return admins
    administrators: list[Person] = await Person.filter(
        organization_id=owner.organization_id, administers=True, blocked=False, merged_into_id=None
    ).order_by("id")
    others = [each for each in administrators if each.id != owner.id]
    return administrators if others else [*administrators, *admins]


async def open_alerts(actor: Actor) -> list[AccountAlert]:
    """The alerts that wait for `actor`, newest first: of his organization, or all for the desk's admin."""
    waiting = AccountAlert.filter(settled_at=None).select_related("agent", "person").order_by("-raised_at", "-id")
    if actor.kind is ActorKind.PERSON and actor.administers:
        return await waiting.filter(person__organization_id=actor.organization_id).limit(200)
    require_desk_admin(actor)
    return await waiting.limit(200)


async def settle(alert_id: int, actor: Actor, now: datetime) -> None:
    """Nothing was wrong with it; `Refused(NOT_FOUND)` for what is foreign, unknown or settled already."""
    await _close(await _mine(alert_id, actor), actor, now)


async def block(alert_id: int, actor: Actor, now: datetime) -> None:
    """Block the account and settle the alert; raises as `settle` does, and `Refused(LAST_ADMINISTRATOR)`."""
    alert = await _mine(alert_id, actor)
    owner = alert.agent or alert.person
    if owner is not None:
        await _block(owner, actor, now)
    await _close(alert, actor, now)


async def _mine(alert_id: int, actor: Actor) -> AccountAlert:
    alert = await AccountAlert.get_or_none(id=alert_id, settled_at=None).select_related("agent", "person")
    if actor.kind is ActorKind.PERSON and actor.administers and (alert is None or alert.person is None):
        raise Refused(Reason.NOT_FOUND)
    if alert is not None and alert.person is not None:
        require_manager(actor, alert.person.organization_id)
    else:
        require_desk_admin(actor)
    if alert is None:
        raise Refused(Reason.NOT_FOUND)
    return alert


async def _block(owner: Owner, actor: Actor, now: datetime) -> None:
    if isinstance(owner, Agent):
        await changing_agents.block(owner, actor, now)
    elif owner.merged_into_id is None:
        # A double is shut out already, and his address is that of the one he was merged into.
        await granting.block(owner.email, actor, now)


async def _close(alert: AccountAlert, actor: Actor, now: datetime) -> None:
    async with transaction():
        settled = await AccountAlert.filter(id=alert.id, settled_at=None).update(
            settled_by=actor.audit_name, settled_at=now
        )
        if not settled:
            raise Refused(Reason.NOT_FOUND)
        await record(actor.audit_name, "account_alert_settled", f"alert:{alert.id}", now, after="settled")
