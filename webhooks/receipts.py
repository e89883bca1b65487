"""`GET /webhooks/receipts/{receipt}`: where a form's message has got to."""

from aiohttp import web

from core.decision import Reason
from core.errors import Refused
from core.people import tokens
from core.tickets.receipts import receipt_state
from webhooks.counter import counter_of
from webhooks.security import bearer_text

routes = web.RouteTableDef()
_SHOWN = ("state", "protocol", "reason")


@routes.get("/webhooks/receipts/{receipt}")
async def show_receipt(request: web.Request) -> web.Response:
    """The state; only the token the receipt was given to opens it, for others there is none."""
    text = bearer_text(request)
    token = await tokens.bearer(text) if text is not None else None
    if token is None or token.kind != "form":
        raise Refused(Reason.UNAUTHENTICATED)
    signing = counter_of(request).desk.signing
    state = await receipt_state(request.match_info["receipt"], token.id, signing)
    if state is None:
        raise Refused(Reason.NOT_FOUND)
    return web.json_response({name: state[name] for name in _SHOWN if state.get(name)})
