"""`POST /webhooks/{channel}`: channels the desk does not answer on say so, and keep nothing, but for exceptions."""

from contextlib import suppress
from datetime import timedelta

from aiohttp import web

from core import clock
from core.audit import record
from core.database import telling_away, transaction
from core.decision import Reason, Verdict
from core.errors import Refused, Unavailable
from core.idempotency import first_time
from core.policy.channels import ChannelState, channel_state
from gateway.metrics import count_received
from webhooks.counter import counter_of
from webhooks.excepted import excepted_token, take_excepted

routes = web.RouteTableDef()
# Names of our own routes; as channels they have doors elsewhere (INTERFACES.md §4).
RESERVED = ("forms", "telegram", "phone", "receipts")


@routes.post("/webhooks/{channel}")
async def turn_away(request: web.Request) -> web.Response:
    """403 with the official channels named for a listed channel, 404 for any other; the body stays unread.

    Whoever has a token made for the channel is heard where the profile excepts what he wants (S4-27).
    """
    channel = request.match_info["channel"]
    profile = counter_of(request).desk.profile
    if channel in RESERVED or channel_state(channel, profile, clock.now()) is not ChannelState.UNOFFICIAL:
        raise Refused(Reason.NOT_FOUND)
    token = await excepted_token(request, channel, profile)
    if token is not None:
        try:
            return await take_excepted(request, channel, token)
        except Refused as refused:
            if refused.reason is not Reason.UNOFFICIAL_CHANNEL:
                raise
    await note_unofficial(channel)
    raise Refused(Reason.UNOFFICIAL_CHANNEL)


async def note_unofficial(channel: str) -> None:
    """Count one arrival, and audit the first of each channel and hour."""
    count_received(channel, Verdict.REFUSE, Reason.UNOFFICIAL_CHANNEL)
    now = clock.now()
    hour = now.replace(minute=0, second=0, microsecond=0)
    # Whoever knocks on a wrong door hears so even while the database is away.
    with suppress(Unavailable):
        async with telling_away(), transaction():
            if await first_time(f"unofficial:{channel}:{hour.isoformat()}", now, hour + timedelta(hours=1)):
                await record("system", "unofficial_channel", channel, now)
