"""Whoever asks for one protocol after another that is not his hears 429 in the end, and nothing more (T21)."""

from aiohttp import web

from core.decision import Reason
from core.errors import Refused
from gateway.ingest.rates import LimitReached, Span
from webhooks.counter import counter_of

# Far more than somebody mistypes, far fewer than would find a protocol with its check digit.
MISSES = Span(100, 300)


def guessed(request: web.Request, refused: Refused) -> Refused:
    """`refused`, or `LimitReached` once too many protocols were asked for in vain.

    Unknown and foreign ones count alike, and whoever asks for his own goes on being answered.
    """
    if refused.reason is not Reason.NOT_FOUND or "protocol" not in request.match_info:
        return refused
    desk = counter_of(request).desk
    shown = request.headers.get("Authorization") or request.headers.get("Cookie") or request.remote or ""
    try:
        desk.rates.take({f"miss/{desk.signing.pseudonym(shown)}": (MISSES,)})
    except LimitReached as reached:
        return reached
    return refused
