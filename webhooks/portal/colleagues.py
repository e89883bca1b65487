"""Deciding about colleagues who wrote without the right to speak: authorise, or drop the message."""

from aiohttp import web

from core import clock
from core.errors import Refused
from core.tickets import colleagues
from gateway.release_desk import release_desk
from webhooks.console.answering import answering_pages, signed_in_administrator
from webhooks.console.form_fields import read_own_form
from webhooks.counter import counter_of
from webhooks.portal.people_page import PATH, own_people, people_page

routes = web.RouteTableDef()


@routes.post("/portal/colleagues/{id}/authorise")
@answering_pages
async def authorise(request: web.Request) -> web.StreamResponse:
    """Make a key user of whoever wrote it, and let the message go its way."""
    managed = await own_people(request)
    browser, counter = managed.browser, counter_of(request)
    await read_own_form(request, browser.csrf_token)
    desk = release_desk(counter.desk, counter.office)
    try:
        stopped_by = await colleagues.authorise(request.match_info["id"], browser.actor, desk, clock.now())
    except Refused as refused:
        return await people_page(request, managed, refused=refused)
    return _done("authorised_only" if stopped_by else "authorised")


@routes.post("/portal/colleagues/{id}/dismiss")
@answering_pages
async def dismiss(request: web.Request) -> web.StreamResponse:
    """Drop it for ever."""
    browser = await signed_in_administrator(request)
    await read_own_form(request, browser.csrf_token)
    sealing = counter_of(request).office.sealing
    await colleagues.dismiss(request.match_info["id"], browser.actor, sealing, clock.now())
    return _done("dismissed")


def _done(said: str) -> web.Response:
    return web.Response(status=303, headers={"Location": f"{PATH}?said={said}"})
