"""`POST /api/v1/policy/simulate`: what a door would do with a message, for agents; nothing of it is done."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from core import clock
from core.decision import Reason, Verdict
from core.errors import InvalidFields, Refused
from core.message import Intent
from core.people.actor import Actor
from core.policy.reasons import http_status, public_text
from core.texts import tr
from core.tickets.rights import may_read
from gateway.simulated import DEFER, Envelope, Simulated
from gateway.simulating import simulate
from gateway.simulating_doors import Knock, simulate_knock
from webhooks.counter import counter_of, language_of
from webhooks.json_body import parse_object, read_body
from webhooks.security import require_agent

routes = web.RouteTableDef()

_ENVELOPE = ("rcpt", "mail_from", "peer", "helo")
_KNOCK = ("channel", "sender", "intent", "sector", "purpose", "category", "text", "protocol")
_MAX_TEXT = 100_000
_MAX_WORD = 320
_SAID = {
    Verdict.ACCEPT.value: "It would be taken.", Verdict.HOLD.value: "It would wait until somebody decides about it.",
    DEFER: "We cannot take this at the moment. Please try again later.",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Mail:
    """A mail, and how it would come."""

    raw: bytes
    envelope: Envelope


@routes.post("/api/v1/policy/simulate")
async def simulate_message(request: web.Request) -> web.Response:
    """200 with what would become of it, whatever that is; the protocol of a ticket he may not read is null."""
    actor = await require_agent(request)
    desk, now = counter_of(request).desk, clock.now()
    asked = await _asked(request)
    if isinstance(asked, _Mail):
        told = await simulate(asked.raw, asked.envelope, desk, now)
        return web.json_response(await _shown(told, actor, request))
    told = await simulate_knock(asked, desk, now)
    shown = await _shown(told, actor, request)
    return web.json_response(shown | {"http": _http(asked.channel, told, request)})


async def _shown(told: Simulated, actor: Actor, request: web.Request) -> dict[str, object]:
    profile = counter_of(request).desk.profile
    names_ticket = told.ticket is not None and await may_read(actor, told.ticket, profile)
    return told.as_json(names_ticket=names_ticket)


def _http(channel: str, told: Simulated, request: web.Request) -> dict[str, object]:
    """The status and the words of a door of HTTP; a bot is answered 200 always, and says the words."""
    language, profile = language_of(request), counter_of(request).desk.profile
    if told.decision == Verdict.REFUSE:
        reason = told.reason or Reason.NOT_AUTHORIZED
        status, text = http_status(reason), public_text(reason, language, profile, clock.now())
    else:
        status = {Verdict.ACCEPT.value: 201, Verdict.HOLD.value: 202}.get(told.decision, 503)
        text = tr(language, _SAID[told.decision])
    return {"status": 200 if channel == "telegram" and status < 500 else status, "text": text}


async def _asked(request: web.Request) -> _Mail | Knock:
    if request.content_type == "message/rfc822":
        return _Mail(await read_body(request), _envelope(_query(request)))
    if request.content_type != "application/json":
        raise Refused(Reason.UNSUPPORTED_MEDIA_TYPE)
    _require_known(request.query, ())
    values = parse_object(await read_body(request))
    if "channel" in values:
        return _knock(values)
    _require_known(values, ("raw", *_ENVELOPE))
    return _Mail(_raw(values), _envelope(values))


def _query(request: web.Request) -> dict[str, Any]:
    _require_known(request.query, _ENVELOPE)
    values: dict[str, Any] = dict(request.query)
    if "rcpt" in request.query:
        values["rcpt"] = request.query.getall("rcpt")
    return values


def _require_known(names: Mapping[str, object], known: tuple[str, ...]) -> None:
    if unknown := [name for name in names if name not in known]:
        raise InvalidFields({name: ["no such parameter"] for name in unknown})


def _raw(values: Mapping[str, Any]) -> bytes:
    text = values.get("raw")
    if not isinstance(text, str):
        raise InvalidFields({"raw": ["is required" if text is None else "has the wrong type"]})
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidFields({"raw": ["is not base64"]}) from error


def _envelope(values: Mapping[str, Any]) -> Envelope:
    rcpt = values.get("rcpt", [])
    listed = [rcpt] if isinstance(rcpt, str) else rcpt
    if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
        raise InvalidFields({"rcpt": ["has the wrong type"]})
    texts = _texts(values, ("mail_from", "peer", "helo"))
    return Envelope(
        tuple(listed), texts.get("mail_from"), texts.get("peer", Envelope().peer), texts.get("helo", "")
    )


def _knock(values: Mapping[str, Any]) -> Knock:
    _require_known(values, _KNOCK)
    texts = _texts(values, _KNOCK)
    if "channel" not in texts:
        raise InvalidFields({"channel": ["is required"]})
    if texts["channel"] == "email":
        raise InvalidFields({"channel": ["a mail is simulated by its raw bytes"]})
    try:
        intent = Intent(texts.pop("intent", Intent.OPEN.value))
    except ValueError as error:
        raise InvalidFields({"intent": ["must be one of open, complement, inquire"]}) from error
    if texts["channel"] == "phone" and intent is Intent.COMPLEMENT and not texts.get("protocol"):
        raise InvalidFields({"protocol": ["is required"]})
    return Knock(intent=intent, **texts)


def _texts(values: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, str]:
    """The values called `names` that are there, without NUL, which means nothing and breaks databases (S22)."""
    errors: dict[str, list[str]] = {}
    texts: dict[str, str] = {}
    for name in names:
        text = values.get(name)
        if isinstance(text, str):
            texts[name] = text.replace("\x00", "").strip()
            if len(text) > (_MAX_TEXT if name == "text" else _MAX_WORD):
                errors[name] = ["is too long"]
        elif text is not None:
            errors[name] = ["has the wrong type"]
    if errors:
        raise InvalidFields(errors)
    return texts
