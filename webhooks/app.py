"""The counter as one aiohttp application: who answers what, behind the same guards."""

import logging
from collections.abc import AsyncIterator

import aiohttp
from aiohttp import web

from webhooks import (
    account,
    admin,
    api,
    confirm,
    console,
    forms,
    phone,
    policy,
    portal,
    receipts,
    telegram,
    unofficial,
)
from webhooks.bodies import PATIENCE, Patience, body_deadline
from webhooks.counter import COUNTER, Counter
from webhooks.counting import count_requests
from webhooks.headers import secure
from webhooks.hosts import own_host_only
from webhooks.problems import problems
from webhooks.rendering import set_up_pages
from webhooks.telegram import CLIENT

# What `request.post()` may read at most; files come through webhooks/uploads.py.
SMALL_FORM_BYTES = 1024 * 1024


def create_app(counter: Counter) -> web.Application:
    """The application that answers for `counter`; run it with `webhooks.runner.Runner`."""
    app = web.Application(
        # The first one is the outermost.
        middlewares=[count_requests, problems, own_host_only, body_deadline],
        client_max_size=SMALL_FORM_BYTES,
        handler_args={"auto_decompress": False, "access_log": None, "logger": logging.getLogger("webhooks")},
    )
    app[COUNTER] = counter
    app[PATIENCE] = Patience()
    app.on_response_prepare.append(secure)
    app.cleanup_ctx.append(_client)
    set_up_pages(app)
    for module in (forms, receipts, telegram, phone, confirm):
        app.add_routes(module.routes)
    # After the reserved names, because it takes every other one.
    app.add_routes(unofficial.routes)
    app.add_routes(api.routes)
    # Before the console, whose one-time links stand at /login/{secret}.
    app.add_routes(account.routes)
    app.add_routes(console.routes)
    app.add_routes(portal.routes)
    app.add_routes(policy.routes)
    app.add_routes(admin.routes)
    return app


async def _client(app: web.Application) -> AsyncIterator[None]:
    """One pool of connections to Telegram; proxies of the environment are none of its business."""
    async with aiohttp.ClientSession(trust_env=False, cookie_jar=aiohttp.DummyCookieJar()) as session:
        app[CLIENT] = session
        yield
