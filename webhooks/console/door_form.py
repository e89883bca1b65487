"""Forms for who is not signed in yet, safe from forgery by a signed double-submit cookie."""

import secrets
from collections.abc import Mapping

from aiohttp import web

from core.decision import Reason
from core.errors import Refused
from webhooks.counter import counter_of
from webhooks.rendering import page
from webhooks.security import STALE_FORM, check_csrf, cookie_name, is_https

_PURPOSE = "door-form"


def show_door_form(
    request: web.Request, template: str, context: Mapping[str, object], *, status: int = 200
) -> web.Response:
    """The page with its token: the cookie holds a nonce, the form our signature over it."""
    # An open form in another tab stays good: the nonce lives as long as its cookie.
    nonce = request.cookies.get(_cookie(request)) or secrets.token_urlsafe(24)
    token = counter_of(request).office.signing.mac(_PURPOSE, nonce)
    response = page(request, template, context, csrf_token=token, status=status)
    response.set_cookie(_cookie(request), nonce, path="/", httponly=True, samesite="Lax", secure=is_https(request))
    return response


def check_door_form(request: web.Request, shown: str) -> None:
    """403 unless this browser was shown the form, by us and on our own page."""
    nonce = request.cookies.get(_cookie(request), "")
    if not nonce or not counter_of(request).office.signing.mac_matches(_PURPOSE, nonce, shown):
        raise Refused(Reason.NOT_AUTHORIZED, STALE_FORM)
    check_csrf(request, shown, shown)


def forget_door_form(request: web.Request, response: web.StreamResponse) -> None:
    """The form has served."""
    response.del_cookie(_cookie(request), secure=is_https(request), httponly=True, samesite="Lax")


def _cookie(request: web.Request) -> str:
    return f"{cookie_name(request)}-door"
