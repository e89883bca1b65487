"""How pages answer what goes wrong: the door for who is not signed in, else a page that says it."""

from collections.abc import Awaitable, Callable
from functools import wraps
from urllib.parse import quote

from aiohttp import web

from core import clock
from core.decision import Reason
from core.errors import Refused, Unavailable
from core.people.actor import ActorKind
from core.policy.reasons import http_status, public_text
from core.texts import tr
from webhooks.counter import counter_of, language_of
from webhooks.guessing import guessed
from webhooks.rendering import page
from webhooks.security import SAFE_METHODS, Browser, session_of

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def answering_pages(handler: Handler) -> Handler:
    """Turn a handler's refusals into pages instead of problem documents."""

    @wraps(handler)
    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except Refused as refused:
            if refused.reason is Reason.UNAUTHENTICATED:
                return _to_the_door(request)
            told = guessed(request, refused)
            return refusal_page(request, told.reason, told.detail)
        except Unavailable:
            return refusal_page(request, Reason.TEMPORARILY_UNAVAILABLE)

    return answer


async def signed_in_agent(request: web.Request) -> Browser:
    """The agent whose browser asks; nobody is led to the door, a customer is refused."""
    browser = await session_of(request)
    if browser is None:
        raise Refused(Reason.UNAUTHENTICATED)
    if browser.actor.kind is not ActorKind.AGENT:
        raise Refused(Reason.NOT_AUTHORIZED)
    return browser


async def signed_in_administrator(request: web.Request) -> Browser:
    """The administrator of an organization whose browser asks; anybody else signed in is refused."""
    browser = await session_of(request)
    if browser is None:
        raise Refused(Reason.UNAUTHENTICATED)
    if not browser.actor.administers:
        raise Refused(Reason.NOT_AUTHORIZED)
    return browser


def refusal_page(request: web.Request, reason: Reason, detail: str = "") -> web.Response:
    """The page that tells `reason`, with the status the API would answer."""
    language, profile = language_of(request), counter_of(request).office.profile
    heading = tr(language, detail) if detail else public_text(reason, language, profile, clock.now())
    return page(request, "refusal.html", {"heading": heading}, status=http_status(reason))


def _to_the_door(request: web.Request) -> web.Response:
    # A form cannot be sent again by a redirect, so only pages are returned to.
    back = request.path_qs if request.method in SAFE_METHODS else "/console/"
    return web.Response(status=303, headers={"Location": f"/login?next={quote(back, safe='')}"})
