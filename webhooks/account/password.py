"""Changing one's password: the old one is asked, and every other browser is signed out (W06)."""

from aiohttp import web

from core import clock
from core.errors import InvalidFields
from core.people import choosing_passwords
from webhooks.account.overview import account_page, back
from webhooks.account.signed_in import account_of, complaints_of, fields_of
from webhooks.console.answering import answering_pages
from webhooks.console.letting_in import place_of_browser, set_session

routes = web.RouteTableDef()


@routes.post("/account/password")
@answering_pages
async def change(request: web.Request) -> web.StreamResponse:
    """The new password, under a new session id (W05)."""
    account = await account_of(request)
    fields = await fields_of(request, account)
    old, new = fields.get("old", ""), fields.get("password", "")
    try:
        begun = await choosing_passwords.change(account.owner, old, new, clock.now(), place_of_browser(request))
    except InvalidFields as wrong:
        return await account_page(request, account, complaints_of(request, wrong))

    response = back("password")
    set_session(request, response, begun)
    return response
