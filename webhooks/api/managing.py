"""Who may manage the people a request is about, and which organization and person those are."""

from aiohttp import web

from core.decision import Reason
from core.errors import Refused
from core.people.actor import Actor
from core.people.administering import require_manager
from core.people.changing_organizations import organization_by_id
from core.people.lookup import person_by_id
from core.people.tables import Organization, Person
from webhooks.security import require_actor

_MAX_ID = 2**31 - 1


async def managed_organization(request: web.Request) -> tuple[Actor, Organization]:
    """Whoever asks and the organization of the path, where he manages it.

    Nobody is 401; who manages none 403; to an organization's administrator no other exists: 404 (T22).
    """
    actor = await require_actor(request)
    organization_id = number_of(request, "id")
    require_manager(actor, organization_id)
    return actor, await organization_by_id(organization_id)


async def managed_person(request: web.Request) -> tuple[Actor, Person]:
    """Whoever asks and the person of the path, who belongs to the organization of the path."""
    actor, organization = await managed_organization(request)
    person = await person_by_id(number_of(request, "user_id"))
    if person.organization_id != organization.id:
        raise Refused(Reason.NOT_FOUND)
    return actor, person


def number_of(request: web.Request, name: str) -> int:
    """A number of the path; what no row can have is 0, which none has."""
    return known_number(request.match_info[name])


def known_number(text: str) -> int:
    """The number a text says, or 0 where no row can have it."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else 0
    return number if number <= _MAX_ID else 0
