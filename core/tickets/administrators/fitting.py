"""Whether an address may become an organization's administrator: nobody else's, and nobody's of the desk."""

from dataclasses import dataclass
from enum import StrEnum

from core.errors import InvalidFields
from core.people.lookup import require_not_ours
from core.people.tables import Agent, Identity, Organization, Person
from core.profile import Profile


class Unfit(StrEnum):
    """Why it may not."""

    INCOMPLETE = "incomplete"
    AGENT = "agent"
    DESK = "desk"
    BOARD = "board"
    ELSEWHERE = "elsewhere"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Fit:
    """Whose address it is: a person's of the organization, or nobody's yet."""

    person: Person | None


async def fitting(email: str, organization_id: int, profile: Profile) -> Fit | Unfit:
    """Who would become administrator of the organization under this canonical address."""
    if not email:
        return Unfit.INCOMPLETE
    try:
        require_not_ours(email, profile)
    except InvalidFields:
        return Unfit.DESK
    if await Agent.exists(email=email):
        return Unfit.AGENT
    if await Organization.exists(board_mailbox=email):
        # As a person's it would be the board's no more, and could ask for no other administrator.
        return Unfit.BOARD
    identity = await Identity.get_or_none(kind="email", key=email).select_related("person")
    if identity is None:
        return Fit(None)
    if identity.person.organization_id != organization_id:
        return Unfit.ELSEWHERE
    return Unfit.BLOCKED if identity.person.blocked else Fit(identity.person)


async def administrators_of(organization_id: int) -> list[Person]:
    """Who administers the organization at this moment."""
    rows = Person.filter(organization_id=organization_id, administers=True, blocked=False, merged_into_id=None)
    return await rows.order_by("id")


async def replaced(said: str, organization_id: int) -> Person | None:
    """The one administrator of the organization whom `said` means, by an address or by his name."""
    administrators = await administrators_of(organization_id)
    if "@" in said:
        owner = await Identity.get_or_none(kind="email", key=said)
        found = [each for each in administrators if owner is not None and each.id == owner.person_id]
    else:
        found = [each for each in administrators if each.name.casefold() == said.casefold()]
    return found[0] if len(found) == 1 else None
