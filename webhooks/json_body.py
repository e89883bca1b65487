"""Strict JSON objects from a request's body, bounded in size, depth and number length (F09)."""

import json
from typing import Any

from aiohttp import web

from core.decision import Reason
from core.errors import Refused
from webhooks.counter import counter_of

MAX_DEPTH = 20
_MAX_DIGITS = 18


async def read_json(request: web.Request, limit: int | None = None) -> dict[str, Any]:
    """The object in the body; 415 for another type, 413 over `limit` octets, 400 for nonsense.

    `limit` is the installation's message limit when not given.
    """
    if request.content_type != "application/json":
        raise Refused(Reason.UNSUPPORTED_MEDIA_TYPE)
    return parse_object(await read_body(request, limit))


async def read_body(request: web.Request, limit: int | None = None) -> bytes:
    """The whole body; 413 over `limit` octets, told before the rest is read."""
    most = limit or counter_of(request).settings.max_message_bytes
    if (request.content_length or 0) > most:
        raise Refused(Reason.TOO_LARGE)
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > most:
            raise Refused(Reason.TOO_LARGE)
    return bytes(body)


def parse_object(body: bytes) -> dict[str, Any]:
    """The JSON object in `body` (RFC 8259); raises `Refused(BAD_REQUEST)` for anything else.

    Refused beyond the grammar: duplicate keys, NaN and infinity, numbers over 18 digits, lone
    surrogates, more than 20 levels.
    """
    try:
        value = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_without_duplicates,
            parse_constant=_refuse,
            parse_int=_short_integer,
            parse_float=_finite,
        )
        _check(value, MAX_DEPTH)
    except (ValueError, RecursionError) as error:
        raise Refused(Reason.BAD_REQUEST) from error
    if not isinstance(value, dict):
        raise Refused(Reason.BAD_REQUEST)
    return value


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        raise ValueError("a key stands twice")
    return table


def _refuse(text: str) -> Any:
    raise ValueError(f"{text} is no JSON number")


def _short_integer(text: str) -> int:
    if len(text) > _MAX_DIGITS:
        raise ValueError("too many digits")
    return int(text)


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError("out of range")
    return number


def _check(value: object, depth: int) -> None:
    if depth < 0:
        raise ValueError("too deep")
    if isinstance(value, str):
        # UTF-8 has no lone surrogates, and neither have our databases (S22).
        value.encode("utf-8")
    elif isinstance(value, dict):
        for key, each in value.items():
            key.encode("utf-8")
            _check(each, depth - 1)
    elif isinstance(value, list):
        for each in value:
            _check(each, depth - 1)
