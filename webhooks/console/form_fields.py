"""The fields of a page's own HTML form, bounded, with its CSRF token checked."""

from collections.abc import Mapping
from urllib.parse import parse_qsl

from aiohttp import web

from core.decision import Reason
from core.errors import Refused
from webhooks.json_body import read_body
from webhooks.security import check_csrf

MAX_BODY = 2 * 1024 * 1024
MAX_SMALL_BODY = 16 * 1024
_MAX_FIELDS = 40


async def read_form(request: web.Request, limit: int = MAX_BODY) -> Mapping[str, str]:
    """The urlencoded fields; of a name that stands twice the first counts."""
    if request.content_type != "application/x-www-form-urlencoded":
        raise Refused(Reason.UNSUPPORTED_MEDIA_TYPE)
    body = await read_body(request, limit)
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=_MAX_FIELDS)
        pairs = [(name, text.replace("\x00", "")) for name, text in pairs]
    except ValueError as error:
        raise Refused(Reason.BAD_REQUEST) from error
    return dict(reversed(pairs))


async def read_own_form(request: web.Request, csrf_token: str) -> Mapping[str, str]:
    """The fields of a form that carries `csrf_token`; 403 for any other."""
    fields = await read_form(request)
    check_csrf(request, fields.get("csrf_token", ""), csrf_token)
    return fields
