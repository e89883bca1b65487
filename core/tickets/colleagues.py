"""Colleagues who wrote without the right to speak: their organization's administrator decides about them."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from tortoise.queryset import QuerySet

from core.decision import Reason
from core.errors import InvalidFields, Refused, Unavailable
from core.keys import SealingKeys
from core.message import InboundMessage
from core.people import granting, persons
from core.people.actor import Actor, ActorKind
from core.people.administering import KEY_USER
from core.people.persons import NewPerson
from core.people.tables import Identity, Organization, Person
from core.profile import Profile
from core.tickets import holding
from core.tickets.holding import HELD, opened, waiting
from core.tickets.releasing import ReleaseDesk, release
from core.tickets.tables import Held

MAX_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Colleague:
    """Who wrote, when and about what; never the message itself. Empty where its key is gone."""

    held_id: str
    channel: str
    at: datetime
    name: str = ""
    email: str = ""
    subject: str = ""


async def waiting_in(organization_id: int, sealing: SealingKeys) -> list[Colleague]:
    """The messages that wait for the organization's administrators, newest first."""
    rows = await _rows(organization_id).order_by("-received_at").limit(MAX_SHOWN)
    return [_shown(row, sealing) for row in rows]


async def authorise(held_id: str, actor: Actor, desk: ReleaseDesk, now: datetime) -> Reason | None:
    """Make a key user of whoever wrote it, and release what waits of him; None when nothing keeps it back.

    Else the reason of another rule that does: he is authorized all the same, and the desk decides
    about the message. Raises `Refused`: not_found for another organization's and for
    what is decided already, key_user_quota, invalid_fields for an address that cannot be authorized.
    """
    row = await _of_his_own(held_id, actor)
    message = opened(row, desk.office.sealing)

    await _authorize(message, row, desk.office.profile, actor, now)

    stopped_by = await _released(row, actor, desk, now)
    for other in await _rows(row.organization_id).order_by("received_at"):
        if _shown(other, desk.office.sealing).email == message.author.email:
            await _released(other, actor, desk, now)
    return stopped_by


async def dismiss(held_id: str, actor: Actor, sealing: SealingKeys, now: datetime) -> None:
    """Drop the message for ever; nobody is told. Raises `Refused(NOT_FOUND)` as `authorise` does."""
    row = await _of_his_own(held_id, actor)
    await holding.discard(str(row.id), actor, sealing, now)


async def _of_his_own(held_id: str, actor: Actor) -> Held:
    """The row, where the actor may decide about it; else there is nothing, as for an unknown id (T22)."""
    row = await waiting(held_id)
    if row.reason != Reason.AWAITING_ADMINISTRATOR or not _may_decide(actor, row.organization_id):
        raise Refused(Reason.NOT_FOUND)
    return row


def _may_decide(actor: Actor, organization_id: int | None) -> bool:
    if actor.kind is ActorKind.AGENT:
        return actor.role == "admin"
    return actor.administers and actor.organization_id == organization_id


async def _authorize(message: InboundMessage, row: Held, profile: Profile, actor: Actor, now: datetime) -> None:
    email = message.author.email
    identity = await Identity.get_or_none(kind="email", key=email).select_related("person")
    if identity is None:
        organization = await Organization.get(id=row.organization_id)
        new = NewPerson(email, organization.name, _plain(message.author.name), role=KEY_USER)
        await persons.add(new, profile, actor, now)
        return
    _require_ours(identity.person, row)
    if not identity.person.may_speak:
        await granting.authorize(email, profile, actor, now)


def _require_ours(person: Person, row: Held) -> None:
    """Since he wrote he may have become somebody else's, or may have been shut out."""
    if person.organization_id != row.organization_id:
        raise InvalidFields({"email": ["somebody already has this address"]})
    if person.blocked:
        raise InvalidFields({"email": ["this user is blocked"]})


def _plain(name: str) -> str:
    """A name as its owner wrote it, without what no list can show."""
    return "".join(each for each in name if each.isprintable())


async def _released(row: Held, actor: Actor, desk: ReleaseDesk, now: datetime) -> Reason | None:
    try:
        await release(str(row.id), actor, desk, now)
    except Refused as refused:
        # Whoever decided about it in the same moment has released or dropped it.
        return None if refused.reason is Reason.NOT_FOUND else refused.reason
    return None


def _rows(organization_id: int | None) -> QuerySet[Held]:
    return Held.filter(state=HELD, reason=Reason.AWAITING_ADMINISTRATOR.value, organization_id=organization_id)


def _shown(row: Held, sealing: SealingKeys) -> Colleague:
    with suppress(Unavailable):
        message = opened(row, sealing)
        return Colleague(
            str(row.id), row.channel, row.received_at, message.author.name, message.author.email, message.title
        )
    return Colleague(str(row.id), row.channel, row.received_at)
