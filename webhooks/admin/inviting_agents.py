"""Inviting an agent by mail to choose a password."""

from aiohttp import web

from core import clock, deliveries
from core.people import inviting
from core.people.tables import Agent
from webhooks.counter import counter_of
from webhooks.security import Browser


async def send_invitation(request: web.Request, browser: Browser, agent: Agent) -> None:
    """Queue the letter, and tell the dispatchers of it; raises as `inviting.invite` does."""
    counter = counter_of(request)
    letter = await inviting.invite(agent, counter.office.signing, clock.now(), browser.actor)
    await deliveries.announce(counter.queue, [letter])
