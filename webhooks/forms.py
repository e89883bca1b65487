"""`POST /webhooks/forms/{form}`: other systems' forms become messages, answered with a protocol."""

from datetime import timedelta

from aiohttp import web

from core import clock
from core.decision import Reason, Verdict
from core.errors import Refused
from core.message import Attachment, InboundMessage
from core.people.tables import AccessToken
from core.tickets import confirming
from core.tickets.receipts import receipt_for, wait_until_filed
from core.tickets.threading import ticket_for_speaker
from gateway.channels.form import FormArrival, FormPost, normalise
from gateway.ingest.rates import Span
from gateway.ingest.receive import receive
from webhooks.counter import Counter, counter_of, language_of
from webhooks.form_fields import parse_post
from webhooks.idempotency import Answer, Attempt, once
from webhooks.security import require_form_token
from webhooks.uploads import read_upload

routes = web.RouteTableDef()
FILED_WITHIN = timedelta(seconds=2)


@routes.post("/webhooks/forms/{form}")
async def take_form(request: web.Request) -> web.Response:
    """File the post; 201 with the protocol, or 202 with a receipt when that takes longer or is held."""
    counter, slug = counter_of(request), request.match_info["form"]
    profile = counter.desk.profile
    form = profile.form(slug)
    if form is None:
        raise Refused(Reason.NOT_FOUND)
    token = await require_form_token(request, slug)
    _take_turn(f"form-token/{token.id}", profile.limits.form_token_per_minute, counter)
    upload = await read_upload(request)
    post = parse_post(upload.fields, form, profile, language_of(request))
    address = counter.desk.signing.pseudonym(post.email)
    _take_turn(f"form-address/{address}", profile.limits.form_address_per_minute, counter)

    async def file(attempt: Attempt) -> Answer:
        message = await _normalised(attempt, token, post, upload.attachments, upload.size, counter)
        return await _received(message, token, counter)

    answer = await once(request, f"form:{token.id}", upload.digest, file)
    return answer.response()


def _take_turn(key: str, a_minute: int, counter: Counter) -> None:
    """429 to a program, or to an address it names, that comes too often (F10, T20)."""
    counter.desk.rates.take({key: (Span(a_minute, 60),)})


async def _normalised(
    attempt: Attempt, token: AccessToken, post: FormPost, files: tuple[Attachment, ...], size: int, counter: Counter
) -> InboundMessage:
    now = clock.now()
    arrival = FormArrival(
        attempt.intake_id, attempt.dedupe_key, now, token.id, token.verified, post, files, size
    )
    found = await counter.desk.directory.by_email(post.email, now)
    message = normalise(arrival, found.speaker, counter.desk)
    blocks = counter.desk.blocks
    is_blocked = blocks is not None and await blocks.holds([post.email], now)
    return message.model_copy(update={"sender_is_blocked": True}) if is_blocked else message


async def _received(message: InboundMessage, token: AccessToken, counter: Counter) -> Answer:
    await _require_own_protocol(message, token, counter)

    received = await receive(message, counter.desk)
    decision = received.decision
    if decision.verdict is Verdict.REFUSE:
        raise Refused(decision.reason or Reason.NOT_AUTHORIZED)

    state = await wait_until_filed(message.intake_id, FILED_WITHIN)
    if decision.reason is Reason.ADDRESS_NOT_CONFIRMED:
        await confirming.ask(message, counter.office, counter.queue, clock.now(), is_held=state is not None)
    receipt = receipt_for(message.intake_id, token.id, counter.desk.signing)
    if state is None or state.get("protocol") is None:
        return Answer(202, {"receipt": receipt}, location=f"/webhooks/receipts/{receipt}")
    return Answer(201, {"protocol": state["protocol"], "number": int(state["number"]), "receipt": receipt})


async def _require_own_protocol(message: InboundMessage, token: AccessToken, counter: Counter) -> None:
    """404 to a protocol that is unknown or not his (T22).

    Under a token that proves no address nothing is told; the worker judges once it is confirmed.
    Who may not speak at all hears that from the front door instead.
    """
    if not message.claims or not token.verified or not message.speaker.may_speak:
        return
    profile = counter.desk.profile
    if await ticket_for_speaker(message.claims[0].text, message.speaker, profile) is None:
        raise Refused(Reason.NOT_FOUND)
