"""The portal's front door: whoever administers goes to his people, everybody else to the first page."""

from aiohttp import web

from webhooks.console.answering import answering_pages
from webhooks.security import session_of

routes = web.RouteTableDef()


@routes.get("/portal/")
@answering_pages
async def enter(request: web.Request) -> web.StreamResponse:
    """On to the page of whoever asks; nobody who is not signed in learns that there is one."""
    browser = await session_of(request)
    path = "/portal/people" if browser and browser.actor.administers else "/"
    return web.Response(status=303, headers={"Location": path, "Cache-Control": "no-store"})
