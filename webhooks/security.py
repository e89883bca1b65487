"""Who asks, and whether the request may be believed: tokens, sessions, CSRF."""

import hmac
from dataclasses import dataclass
from urllib.parse import urlsplit

from aiohttp import web

from core import clock
from core.decision import Reason
from core.errors import Refused
from core.people import actors, sessions, tokens
from core.people.actor import Actor, ActorKind
from core.people.second_factor import owes_factor
from core.people.tables import AccessToken, Session
from webhooks.counter import counter_of
from webhooks.hosts import is_own_origin

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
FORM_TYPES = ("application/x-www-form-urlencoded",)
STALE_FORM = "This form is no longer valid. Go back, reload the page and try again."


@dataclass(frozen=True, slots=True)
class Browser:
    """A signed-in browser: who it is, and the CSRF token its forms carry."""

    actor: Actor
    csrf_token: str


async def actor_of(request: web.Request) -> Actor | None:
    """Whoever asks, by bearer token or session, or None.

    A session's unsafe request must carry its CSRF token, in `X-CSRF-Token` or in the form, else it
    is `Refused(NOT_AUTHORIZED)`.
    """
    if (text := bearer_text(request)) is not None:
        token = await tokens.bearer(text)
        return actors.actor_of_token(token) if token is not None else None
    browser = await session_of(request)
    if browser is None:
        return None
    if request.method not in SAFE_METHODS:
        await require_csrf(request, browser.csrf_token)
    return browser.actor


async def require_actor(request: web.Request) -> Actor:
    """Whoever asks; nobody is 401."""
    actor = await actor_of(request)
    if actor is None:
        raise Refused(Reason.UNAUTHENTICATED)
    return actor


async def require_agent(request: web.Request) -> Actor:
    """The agent who asks: nobody is 401, a customer 403 `not_authorized`."""
    actor = await require_actor(request)
    if actor.kind is not ActorKind.AGENT:
        raise Refused(Reason.NOT_AUTHORIZED)
    return actor


async def require_admin(request: web.Request) -> Actor:
    """The desk's own admin who asks: nobody is 401, anybody else 403 `not_authorized`."""
    actor = await require_agent(request)
    if actor.role != "admin":
        raise Refused(Reason.NOT_AUTHORIZED)
    return actor


async def require_form_token(request: web.Request, form: str) -> AccessToken:
    """The token made for `form`; any other token, or none, is 401."""
    text = bearer_text(request)
    token = await tokens.bearer(text) if text is not None else None
    if token is None or token.kind != "form" or token.form != form:
        raise Refused(Reason.UNAUTHENTICATED)
    return token


async def session_of(request: web.Request) -> Browser | None:
    """The browser's session, or None; does not look at the CSRF token.

    Whoever must enrol a second factor first is nobody here: the pages of his account alone know him.
    """
    session = await session_row_of(request)
    actor = actors.actor_of_session(session) if session is not None else None
    owner = sessions.owner_of(session) if session is not None else None
    if session is None or actor is None or owner is None or owes_factor(owner, counter_of(request).office.profile):
        return None
    return Browser(actor, session.csrf_token)


async def session_row_of(request: web.Request) -> Session | None:
    """The browser's session with its agent or person, whatever he still owes."""
    cookie = request.cookies.get(cookie_name(request))
    return await sessions.session_for(cookie, clock.now()) if cookie else None


def cookie_name(request: web.Request) -> str:
    """`__Host-` binds the cookie to this host over TLS (RFC 6265bis §4.1.3.2); plain HTTP cannot have it."""
    return "__Host-guiche" if is_https(request) else "guiche"


def is_https(request: web.Request) -> bool:
    """Whether the public address is HTTPS; never asked of the request, which a proxy relays (W12)."""
    return counter_of(request).settings.base_url.startswith("https:")


def bearer_text(request: web.Request) -> str | None:
    """What stands after `Authorization: Bearer`, or None."""
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    return text.strip() if scheme.lower() == "bearer" and text.strip() else None


async def require_csrf(request: web.Request, expected: str) -> None:
    """403 unless the request shows `expected` and comes from our own pages."""
    shown = request.headers.get("X-CSRF-Token", "")
    if not shown and request.content_type in FORM_TYPES:
        shown = str((await request.post()).get("csrf_token", ""))
    check_csrf(request, shown, expected)


def check_csrf(request: web.Request, shown: str, expected: str) -> None:
    """403 unless `shown` is the session's token and the request comes from our own pages."""
    origin = request.headers.get("Origin")
    if origin is not None and not is_own_origin(request, urlsplit(origin)):
        raise Refused(Reason.NOT_AUTHORIZED, STALE_FORM)
    if not hmac.compare_digest(shown.encode("utf-8", "replace"), expected.encode()):
        raise Refused(Reason.NOT_AUTHORIZED, STALE_FORM)
