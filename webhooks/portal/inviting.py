"""Inviting a user by mail to choose a password, from the form that adds him or from his own page."""

from aiohttp import web

from core import clock, deliveries
from core.errors import Refused
from core.people import inviting
from core.people.tables import Person
from webhooks.console.form_fields import read_own_form
from webhooks.counter import counter_of
from webhooks.portal.managed import Managed, Verbs, below
from webhooks.portal.people_page import PATH, own_people
from webhooks.portal.person import person_of
from webhooks.portal.person_page import person_page


async def invite(request: web.Request, managed: Managed) -> web.StreamResponse:
    """Send a letter whose link serves once within an hour; an earlier one of his ends (W03)."""
    await read_own_form(request, managed.browser.csrf_token)
    person = await person_of(request, managed)
    try:
        await send_invitation(request, managed, person)
    except Refused as refused:
        return await person_page(request, managed, person, refused=refused)
    return web.Response(status=303, headers={"Location": f"{managed.path}/{person.id}?said=invited"})


async def send_invitation(request: web.Request, managed: Managed, person: Person) -> None:
    """Queue the letter, and tell the dispatchers of it."""
    counter = counter_of(request)
    letter = await inviting.invite(person, counter.office.signing, clock.now(), managed.browser.actor)
    await deliveries.announce(counter.queue, [letter])


INVITING: Verbs = (("POST", "/{id}/invitation", invite),)
routes = below(PATH, INVITING, own_people)
