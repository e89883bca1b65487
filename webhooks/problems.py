"""Everything that goes wrong becomes one `application/problem+json` answer (RFC 9457), here."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

import structlog
from aiohttp import ClientPayloadError, web
from aiohttp.web_exceptions import HTTPException

from core import clock
from core.database import AWAY_ERRORS, is_reachable
from core.decision import Reason
from core.errors import InvalidFields, Refused, Unavailable
from core.policy.reasons import http_status, public_text
from core.texts import tr
from gateway.ingest.rates import LimitReached
from webhooks.counter import counter_of, language_of
from webhooks.guessing import guessed

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
RETRY_AFTER_SECONDS = 5
_BY_STATUS = {
    400: Reason.BAD_REQUEST,
    401: Reason.UNAUTHENTICATED,
    # Only the folder of static files answers so, and whether it is a folder is nobody's business.
    403: Reason.NOT_FOUND,
    404: Reason.NOT_FOUND,
    405: Reason.METHOD_NOT_ALLOWED,
    413: Reason.TOO_LARGE,
    415: Reason.UNSUPPORTED_MEDIA_TYPE,
}
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Problem:
    """One refusal as HTTP tells it. `detail` is already in the user's language, empty means the reason's."""

    reason: Reason
    detail: str = ""
    errors: Mapping[str, Sequence[str]] | None = None
    extra: Mapping[str, object] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


def problem_response(request: web.Request, problem: Problem) -> web.Response:
    """The answer: `code`, `title`, `detail`, and for 422 `errors` by field."""
    language = language_of(request)
    text = public_text(problem.reason, language, counter_of(request).desk.profile, clock.now())
    status = http_status(problem.reason)
    body: dict[str, object] = {
        "code": problem.reason.value,
        "title": text,
        "detail": problem.detail or text,
        "status": status,
        **problem.extra,
    }
    if problem.errors is not None or status == 422:
        errors = problem.errors or {}
        body["errors"] = {path: [tr(language, each) for each in texts] for path, texts in errors.items()}
    return web.Response(
        status=status,
        text=json.dumps(body, ensure_ascii=False),
        content_type="application/problem+json",
        headers={**_headers(problem.reason, status), **problem.headers},
    )


def _headers(reason: Reason, status: int) -> dict[str, str]:
    if reason is Reason.UNAUTHENTICATED:
        return {"WWW-Authenticate": "Bearer"}
    if status == 503:
        return {"Retry-After": str(RETRY_AFTER_SECONDS)}
    return {}


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer every exception; none leaves a stack, a version or an address in a body (M1, W23)."""
    try:
        return await handler(request)
    except HTTPException as error:
        if error.status < 400:
            raise
        return problem_response(request, _from_http(error))
    except Refused as refused:
        return problem_response(request, problem_of(request, guessed(request, refused)))
    except Unavailable:
        return problem_response(request, Problem(Reason.TEMPORARILY_UNAVAILABLE))
    except (web.RequestPayloadError, ClientPayloadError):
        return _hung_up(request)
    except AWAY_ERRORS as error:
        # Among them is the reset of a client that hangs up in the middle of a body (M18).
        if request.transport is None or request.transport.is_closing():
            return _hung_up(request)
        if await is_reachable():
            return _failed(request, error)
        return problem_response(request, Problem(Reason.TEMPORARILY_UNAVAILABLE))
    except Exception as error:  # noqa: BLE001 - the edge: whatever it is, the client hears 503
        return _failed(request, error)


def _hung_up(request: web.Request) -> web.Response:
    """Nobody reads this answer, and it is not our trouble."""
    _log.debug("client_went_away", route=route_of(request))
    response = problem_response(request, Problem(Reason.BAD_REQUEST))
    response.force_close()
    return response


def _failed(request: web.Request, error: Exception) -> web.Response:
    _log.error("request_failed", route=route_of(request), **_whereabouts(error))
    return problem_response(request, Problem(Reason.TEMPORARILY_UNAVAILABLE))


def problem_of(request: web.Request, refused: Refused) -> Problem:
    """How HTTP tells a rule's refusal."""
    profile = counter_of(request).desk.profile
    extra: dict[str, object] = {}
    if refused.reason is Reason.UNOFFICIAL_CHANNEL:
        extra["official_channels"] = list(profile.official_channels(clock.now()))
    return Problem(
        refused.reason,
        detail=tr(language_of(request), refused.detail) if refused.detail else "",
        errors=refused.errors if isinstance(refused, InvalidFields) else None,
        extra=extra,
        headers={"Retry-After": str(refused.retry_after)} if isinstance(refused, LimitReached) else {},
    )


def route_of(request: web.Request) -> str:
    """The route's template, never the path itself: paths hold protocols and tokens."""
    resource = request.match_info.route.resource
    return resource.canonical if resource else "unknown"


def _from_http(error: HTTPException) -> Problem:
    reason = _BY_STATUS.get(error.status)
    if reason is None:
        reason = Reason.BAD_REQUEST if error.status < 500 else Reason.TEMPORARILY_UNAVAILABLE
    return Problem(reason, headers={"Allow": error.headers["Allow"]} if "Allow" in error.headers else {})


def _whereabouts(error: BaseException) -> dict[str, str]:
    """Type and place of a failure; its text may quote what somebody wrote (STYLE.md 15)."""
    trace, place = error.__traceback__, ""
    while trace is not None:
        place = f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}"
        trace = trace.tb_next
    return {"error": type(error).__name__, "place": place}
