"""Every answer is counted by route template and status, never by path or client."""

import time

from aiohttp import web

from gateway.metrics import count_request
from webhooks.problems import Handler, route_of


@web.middleware
async def count_requests(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Count the answer and the time it took."""
    began = time.perf_counter()
    status = 500
    try:
        response = await handler(request)
        status = response.status
        return response
    except web.HTTPException as redirect:
        status = redirect.status
        raise
    finally:
        count_request(request.method, route_of(request), status, time.perf_counter() - began)
