"""`POST /webhooks/phone`: the log of telephone calls, kept by the agents who took them."""

from datetime import timedelta

from aiohttp import web

from core import clock
from core.decision import Reason, Verdict
from core.errors import Refused, Unavailable
from core.message import InboundMessage, Speaker, SpeakerKind
from core.people.actor import Actor
from core.policy.standing import may_speak
from core.tickets.receipts import wait_until_filed
from core.tickets.threading import ticket_for_speaker
from gateway.channels.phone import Call, CallArrival, normalise
from gateway.ingest.receive import receive
from webhooks.counter import Counter, counter_of, language_of
from webhooks.idempotency import Answer, Attempt, once
from webhooks.json_body import read_json
from webhooks.phone_fields import parse_call
from webhooks.security import require_agent
from webhooks.unofficial import note_unofficial
from webhooks.uploads import Upload

routes = web.RouteTableDef()
FILED_WITHIN = timedelta(seconds=10)
MAX_BODY = 1024 * 1024


@routes.post("/webhooks/phone")
async def log_call(request: web.Request) -> web.Response:
    """File the call; 201 with the protocol and entry it led to, both null for a mere question."""
    counter = counter_of(request)
    if not counter.desk.profile.is_official("phone", clock.now()):
        await note_unofficial("phone")
        raise Refused(Reason.UNOFFICIAL_CHANNEL)
    agent = await require_agent(request)
    values = await read_json(request, MAX_BODY)
    call = parse_call(values, language_of(request))

    async def file(attempt: Attempt) -> Answer:
        return await _filed(attempt, agent, call, counter)

    answer = await once(request, f"phone:{agent.id}", Upload(values).digest, file)
    return answer.response()


async def _filed(attempt: Attempt, agent: Actor, call: Call, counter: Counter) -> Answer:
    now = clock.now()
    caller = await _caller(call, counter)
    arrival = CallArrival(attempt.intake_id, attempt.dedupe_key, now, agent, call)
    message = normalise(arrival, caller, counter.desk)
    await _require_standing(message, counter)

    received = await receive(message, counter.desk)
    if received.decision.verdict is Verdict.REFUSE:
        raise Refused(received.decision.reason or Reason.NOT_AUTHORIZED)

    state = await wait_until_filed(message.intake_id, FILED_WITHIN)
    if state is None:
        # It is durable; the same key, or the agent's patience, finds it filed.
        raise Unavailable("the call waits in the queue")
    return Answer(201, {"protocol": state.get("protocol"), "entry": state.get("entry")})


async def _caller(call: Call, counter: Counter) -> Speaker:
    """Who called, by telephone and else by the address he named."""
    directory, now = counter.desk.directory, clock.now()
    if call.caller_phone:
        found = await directory.by_phone(call.caller_phone, now)
        if found.speaker.kind is not SpeakerKind.UNKNOWN:
            return found.speaker
    if call.caller_email:
        return (await directory.by_email(call.caller_email, now)).speaker
    return Speaker()


async def _require_standing(message: InboundMessage, counter: Counter) -> None:
    """403 to a caller who may not touch the ticket he names, the same when there is no such ticket."""
    if not message.claims or not may_speak(message.speaker):
        return
    if await ticket_for_speaker(message.claims[0].text, message.speaker, counter.desk.profile) is None:
        raise Refused(Reason.NOT_AUTHORIZED)
