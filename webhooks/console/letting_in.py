"""What follows a good password, link or code: the new cookie, and the page that comes next."""

from urllib.parse import quote

from aiohttp import web

from core import clock
from core.deliveries import announce
from core.people import alerts, sessions
from core.people.places import place_of
from core.people.second_factor import owes_factor
from core.people.sessions import SignedIn
from gateway.channels.smtp_limits import household, peer_of
from webhooks.console.door_form import forget_door_form
from webhooks.counter import counter_of
from webhooks.security import cookie_name, is_https

ENROL = "/account/second-factor"


async def let_in(request: web.Request, begun: SignedIn, next_path: str) -> web.Response:
    """Go on to `next_path`; whoever owes a code is asked for it first, or for enrolling where the desk demands it."""
    response = web.Response(status=303, headers={"Cache-Control": "no-store"})
    response.headers["Location"] = await _onwards(request, begun, next_path)
    set_session(request, response, begun)
    forget_door_form(request, response)
    return response


async def _onwards(request: web.Request, begun: SignedIn, next_path: str) -> str:
    if begun.awaits_code:
        return f"/login/code?next={quote(next_path, safe='')}"
    counter, now = counter_of(request), clock.now()
    session = await sessions.session_for(begun.cookie, now)
    owner = sessions.owner_of(session) if session else None
    if owner is None:
        return next_path

    await announce(counter.queue, await alerts.look_for_sharing(owner, counter.office.profile, now))
    return ENROL if owes_factor(owner, counter.office.profile) else next_path


def set_session(request: web.Request, response: web.StreamResponse, begun: SignedIn) -> None:
    """Give the browser its session's cookie, in place of any earlier one."""
    response.set_cookie(
        cookie_name(request), begun.cookie, path="/", httponly=True, samesite="Lax", secure=is_https(request)
    )


def place_of_browser(request: web.Request) -> str:
    """Where the request comes from, as a session keeps it: the peer itself is asked, and no header of a proxy (W12)."""
    peer = peer_of((request.remote,)) if request.remote else None
    network = "" if peer is None or peer.is_loopback else household(peer)
    return place_of(network, request.headers.get("User-Agent", ""), counter_of(request).office.signing)
