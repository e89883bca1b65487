"""The desk's admin at his browser, and the organization of the path."""

from aiohttp import web

from core.decision import Reason
from core.errors import Refused
from core.people.changing_organizations import organization_by_id
from core.people.tables import Organization
from webhooks.console.answering import signed_in_agent
from webhooks.portal.managed import Managed, number_of
from webhooks.security import Browser

ORGANIZATIONS = "/admin/organizations"


async def signed_in_admin(request: web.Request) -> Browser:
    """The desk's admin whose browser asks; nobody is led to the door, anybody else is refused (W10)."""
    browser = await signed_in_agent(request)
    if browser.actor.role != "admin":
        raise Refused(Reason.NOT_AUTHORIZED)
    return browser


async def organization_of(request: web.Request) -> Organization:
    """The organization of the path, or `Refused(NOT_FOUND)`."""
    return await organization_by_id(number_of(request.match_info["organization"]) or 0)


async def any_people(request: web.Request) -> Managed:
    """The people of the path's organization, for the desk's admin alone."""
    browser = await signed_in_admin(request)
    organization = await organization_of(request)
    return Managed(browser, organization, f"{ORGANIZATIONS}/{organization.id}/people")
