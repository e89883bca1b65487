"""`/admin/agents/{id}`: one agent, and what the desk's admin may change about him."""

from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from core import clock
from core.decision import Reason
from core.errors import Refused
from core.people import changing_agents, second_factor
from core.people.agent_rights import AgentRights, set_rights
from core.people.changing_agents import Post
from core.people.tables import Agent
from webhooks.admin.agent_page import AGENTS, agent_page
from webhooks.admin.inviting_agents import send_invitation
from webhooks.admin.signed_in import signed_in_admin
from webhooks.console.answering import answering_pages
from webhooks.console.form_fields import read_own_form
from webhooks.counter import counter_of
from webhooks.portal.managed import number_of
from webhooks.security import Browser

routes = web.RouteTableDef()

_ONE = f"{AGENTS}/{{id}}"
# What a form of the page does: who asks, about whom, and what was typed.
_Verb = Callable[[web.Request, Browser, Agent, Mapping[str, str]], Awaitable[object]]


@routes.get(_ONE)
@answering_pages
async def show(request: web.Request) -> web.StreamResponse:
    """What is known of him."""
    browser = await signed_in_admin(request)
    return await agent_page(request, browser, await _agent(request))


@routes.post(f"{_ONE}/post")
@answering_pages
async def assign(request: web.Request) -> web.StreamResponse:
    """Give him another role or sector; his sessions end."""
    return await _do(request, _assign)


@routes.post(f"{_ONE}/rights")
@answering_pages
async def allow(request: web.Request) -> web.StreamResponse:
    """Let him read, note or work in a sector beside his own, or no more (POL07)."""
    return await _do(request, _allow)


@routes.post(f"{_ONE}/block")
@answering_pages
async def block(request: web.Request) -> web.StreamResponse:
    """Shut him out everywhere (W22)."""
    return await _do(request, _block)


@routes.post(f"{_ONE}/unblock")
@answering_pages
async def unblock(request: web.Request) -> web.StreamResponse:
    """Let him in again."""
    return await _do(request, _unblock)


@routes.post(f"{_ONE}/invitation")
@answering_pages
async def invite(request: web.Request) -> web.StreamResponse:
    """Send him a letter whose link serves once within an hour (W03)."""
    return await _do(request, _invite, "invited")


@routes.post(f"{_ONE}/second-factor")
@answering_pages
async def reset_factor(request: web.Request) -> web.StreamResponse:
    """Take the second factor from somebody who lost it."""
    return await _do(request, _reset_factor, "reset")


async def _do(request: web.Request, verb: _Verb, said: str = "changed") -> web.StreamResponse:
    browser = await signed_in_admin(request)
    fields = await read_own_form(request, browser.csrf_token)
    agent = await _agent(request)
    try:
        await verb(request, browser, agent, fields)
    except Refused as refused:
        return await agent_page(request, browser, agent, refused=refused, draft=fields)
    return web.Response(status=303, headers={"Location": f"{AGENTS}/{agent.id}?said={said}"})


async def _agent(request: web.Request) -> Agent:
    agent = await Agent.get_or_none(id=number_of(request.match_info["id"]) or 0)
    if agent is None:
        raise Refused(Reason.NOT_FOUND)
    return agent


async def _assign(request: web.Request, browser: Browser, agent: Agent, fields: Mapping[str, str]) -> None:
    post = Post(fields.get("role", ""), fields.get("sector", ""))
    await changing_agents.assign(agent, post, counter_of(request).office.profile, browser.actor, now=clock.now())


async def _allow(request: web.Request, browser: Browser, agent: Agent, fields: Mapping[str, str]) -> None:
    profile = counter_of(request).office.profile
    levels = {each.slug: fields.get(f"level_{each.slug}", "") for each in profile.sectors if each.slug != agent.sector}
    await set_rights(AgentRights(agent.email, levels), profile, browser.actor, clock.now())


async def _block(_: web.Request, browser: Browser, agent: Agent, _fields: Mapping[str, str]) -> None:
    await changing_agents.block(agent, browser.actor, clock.now())


async def _unblock(_: web.Request, browser: Browser, agent: Agent, _fields: Mapping[str, str]) -> None:
    await changing_agents.unblock(agent, browser.actor, clock.now())


async def _invite(request: web.Request, browser: Browser, agent: Agent, _: Mapping[str, str]) -> None:
    await send_invitation(request, browser, agent)


async def _reset_factor(_: web.Request, browser: Browser, agent: Agent, _fields: Mapping[str, str]) -> None:
    await second_factor.reset(agent, browser.actor, clock.now())
