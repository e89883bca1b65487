"""`POST /webhooks/{channel}` under an exception: a channel that is not official brings one kind of matter (S4-27)."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from aiohttp import web

from core import clock
from core.decision import Reason
from core.errors import InvalidFields, Refused
from core.message import InboundMessage
from core.people import tokens
from core.people.addresses import canonical_phone
from core.people.tables import AccessToken
from core.policy.admission import judge
from core.policy.channels import exceptions_in_force
from core.profile import Profile
from core.texts import tr
from core.tickets.receipts import receipt_for, wait_until_filed
from gateway.channels.excepted import ExceptedArrival, ExceptedPost, normalise
from gateway.ingest.rates import Span
from gateway.ingest.receive import receive
from webhooks.counter import Counter, counter_of, language_of
from webhooks.idempotency import Answer, Attempt, once
from webhooks.json_body import read_json
from webhooks.security import bearer_text
from webhooks.uploads import Upload

FILED_WITHIN = timedelta(seconds=2)
MAX_BODY = 256 * 1024
_LIMITS = {"sender": 64, "sender_name": 200, "sector": 64, "purpose": 64, "text": 20_000}


async def excepted_token(request: web.Request, channel: str, profile: Profile) -> AccessToken | None:
    """The token made for `channel` that the request shows, where the profile excepts any use of it."""
    rule, text = profile.channels.get(channel), bearer_text(request)
    if rule is None or not rule.exceptions or text is None:
        return None
    token = await tokens.bearer(text)
    return token if token is not None and token.kind == "form" and token.form == channel else None


async def take_excepted(request: web.Request, channel: str, token: AccessToken) -> web.Response:
    """File the post; 201 with the protocol, or 202 with a receipt when that takes longer.

    Raises `Refused(UNOFFICIAL_CHANNEL)` for every use that no exception covers; of what it said nothing is kept.
    """
    counter = counter_of(request)
    limits = counter.desk.profile.limits
    counter.desk.rates.take({f"form-token/{token.id}": (Span(limits.form_token_per_minute, 60),)})
    values = await read_json(request, MAX_BODY)
    # Whoever wants something else hears that, and nothing about his fields.
    in_force = exceptions_in_force(channel, counter.desk.profile, clock.now())
    if not any((each.sector, each.purpose) == (values.get("sector"), values.get("purpose")) for each in in_force):
        raise Refused(Reason.UNOFFICIAL_CHANNEL)
    post = _parsed(values, language_of(request))
    sender = f"form-address/{counter.desk.signing.pseudonym(post.sender)}"
    counter.desk.rates.take({sender: (Span(limits.form_address_per_minute, 60),)})

    async def file(attempt: Attempt) -> Answer:
        arrival = ExceptedArrival(
            attempt.intake_id, attempt.dedupe_key, clock.now(), channel, token.id, post
        )
        return await _received(normalise(arrival, counter.desk), token, counter)

    answer = await once(request, f"{channel}:{token.id}", Upload(values).digest, file)
    return answer.response()


async def _received(message: InboundMessage, token: AccessToken, counter: Counter) -> Answer:
    # Asked before it is received, so that of a refused one not even the ledger knows more than a count.
    decision = judge(message, counter.desk.profile)
    if not decision.is_accepted:
        raise Refused(decision.reason or Reason.UNOFFICIAL_CHANNEL)

    await receive(message, counter.desk)
    state = await wait_until_filed(message.intake_id, FILED_WITHIN)
    receipt = receipt_for(message.intake_id, token.id, counter.desk.signing)
    if state is None or state.get("protocol") is None:
        return Answer(202, {"receipt": receipt}, location=f"/webhooks/receipts/{receipt}")
    return Answer(201, {"protocol": state["protocol"], "number": int(state["number"]), "receipt": receipt})


def _parsed(values: Mapping[str, Any], language: str) -> ExceptedPost:
    """The post, or `InvalidFields` with every complaint."""
    errors: dict[str, list[str]] = {}
    texts: dict[str, str] = {}
    for name, value in values.items():
        if name not in _LIMITS:
            errors[name] = ["no such field"]
        elif not isinstance(value, str):
            errors[name] = ["has the wrong type"]
        elif len(value) > _LIMITS[name]:
            errors[name] = [tr(language, "must have at most {limit} characters", limit=_LIMITS[name])]
        else:
            texts[name] = value.replace("\x00", "").strip()
    for name in ("sender", "text"):
        if not texts.get(name):
            errors.setdefault(name, ["is required"])
    if errors:
        raise InvalidFields(errors)
    sender = canonical_phone(texts["sender"]) or " ".join(texts["sender"].split())
    others = {name: texts.get(name, "") for name in ("sender_name", "sector", "purpose", "text")}
    return ExceptedPost(sender=sender, **others)
