"""`/policy`: the published policy, for everybody, as a page or as JSON; made from the profile that is in force."""

from aiohttp import web

from core import clock
from core.policy.published import published
from webhooks.counter import counter_of, language_of
from webhooks.rendering import page

routes = web.RouteTableDef()

# It changes by a new profile or at a midnight; nobody is misled for longer than this.
_CACHED = {"Cache-Control": "public, max-age=300", "Vary": "Accept, Accept-Language"}


@routes.get("/policy")
async def show_policy(request: web.Request) -> web.Response:
    """The page, the same for everybody; JSON for who prefers it."""
    if prefers_json(request.headers.get("Accept", "")):
        return _as_json(request)
    response = page(request, "policy.html", {"policy": _policy(request)})
    response.headers.update(_CACHED)
    return response


@routes.get("/policy.json")
async def show_policy_as_json(request: web.Request) -> web.Response:
    """The same, always as JSON."""
    return _as_json(request)


def prefers_json(accept: str) -> bool:
    """Whether an `Accept` header asks for JSON before HTML (RFC 9110 §12.5.1)."""
    wanted: dict[str, float] = {}
    for part in accept.split(","):
        kind, _, parameters = part.partition(";")
        wanted[kind.strip().lower()] = _quality(parameters)
    return wanted.get("application/json", 0.0) > max(wanted.get("text/html", 0.0), wanted.get("text/*", 0.0))


def _quality(parameters: str) -> float:
    for each in parameters.split(";"):
        name, _, text = each.partition("=")
        if name.strip().lower() == "q":
            try:
                return float(text)
            except ValueError:
                return 0.0
    return 1.0


def _as_json(request: web.Request) -> web.Response:
    return web.json_response(_policy(request), headers=_CACHED)


def _policy(request: web.Request) -> dict[str, object]:
    return published(counter_of(request).desk.profile, clock.now(), language_of(request))
