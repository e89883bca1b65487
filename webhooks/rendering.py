"""Pages from templates: escaped, in the reader's language, with the desk's clock on every time."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from pathlib import Path

import aiohttp_jinja2
import jinja2
from aiohttp import web
from babel.dates import format_datetime

from core import clock
from core.people.actor import Actor
from core.texts import tr
from webhooks.counter import counter_of, language_of

TEMPLATES = Path(__file__).parent / "templates"
STATIC = Path(__file__).parent / "static"


def set_up_pages(app: web.Application) -> None:
    """Make templates and the stylesheet known to `app`."""
    aiohttp_jinja2.setup(
        app,
        loader=jinja2.FileSystemLoader(TEMPLATES),
        undefined=jinja2.StrictUndefined,
        filters={"moment": _moment},
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # No symlink is followed and no folder is listed (SECURITY.md W17).
    app.router.add_static("/static", STATIC, follow_symlinks=False, show_index=False)


def page(
    request: web.Request,
    template: str,
    context: Mapping[str, object],
    *,
    actor: Actor | None = None,
    csrf_token: str = "",
    status: int = 200,
) -> web.Response:
    """The page, with what every template may use beside `context`."""
    profile = counter_of(request).office.profile
    language = language_of(request)
    common = {
        "language": language, "_": partial(tr, language), "zone": profile.zone, "actor": actor,
        "csrf_token": csrf_token, "desk_title": profile.title,
        "official_channels": profile.official_channels(clock.now()),
    }  # fmt: skip
    response = aiohttp_jinja2.render_template(template, request, {**common, **context}, status=status)
    # Pages show what people wrote; no cache on the way keeps them (SECURITY.md W18).
    response.headers["Cache-Control"] = "no-store"
    return response


@jinja2.pass_context
def _moment(context: jinja2.runtime.Context, text: str) -> str:
    """An RFC 3339 time as people of the desk read it."""
    at = datetime.fromisoformat(text).astimezone(context["zone"])
    return format_datetime(at, "short", locale=context["language"].replace("-", "_"))
