"""`/admin/agents`: everybody who handles tickets, and adding one."""

from collections.abc import Mapping
from urllib.parse import urlencode

from aiohttp import web
from tortoise.expressions import Q

from core import clock
from core.errors import InvalidFields, Refused
from core.people import agents
from core.people.agents import NewAgent
from core.people.pages import Place, page_of, place_of
from core.people.tables import Agent
from core.policy.reasons import http_status
from webhooks.admin.agent_page import AGENTS, roles, shown_agent
from webhooks.admin.inviting_agents import send_invitation
from webhooks.admin.signed_in import signed_in_admin
from webhooks.console.answering import answering_pages
from webhooks.console.form_fields import read_own_form
from webhooks.counter import counter_of, language_of
from webhooks.portal.complaining import complaints_of, wrong_fields
from webhooks.rendering import page
from webhooks.security import Browser

routes = web.RouteTableDef()

_MAX_QUERY = 200
_EMPTY_DRAFT = {"email": "", "name": "", "role": "agent", "sector": ""}


@routes.get(AGENTS)
@answering_pages
async def show_agents(request: web.Request) -> web.StreamResponse:
    """One page of them, in the order they came; a cursor that is none begins anew."""
    return await _page(request, await signed_in_admin(request))


@routes.post(AGENTS)
@answering_pages
async def add(request: web.Request) -> web.StreamResponse:
    """Add one, and invite him by mail where that is ticked."""
    browser = await signed_in_admin(request)
    fields = await read_own_form(request, browser.csrf_token)
    new = NewAgent(
        fields.get("email", ""), fields.get("sector", ""), fields.get("name", ""), fields.get("role", "")
    )
    try:
        agent = await agents.add(new, counter_of(request).office.profile, browser.actor, clock.now())
    except Refused as refused:
        return await _page(request, browser, refused=refused, draft=fields)
    if "invite" in fields:
        await send_invitation(request, browser, agent)
    return web.Response(status=303, headers={"Location": f"{AGENTS}/{agent.id}?said=added"})


async def _page(
    request: web.Request,
    browser: Browser,
    *,
    refused: Refused | None = None,
    draft: Mapping[str, str] | None = None,
) -> web.Response:
    profile, language = counter_of(request).office.profile, language_of(request)
    q = request.query.get("q", "")[:_MAX_QUERY].replace("\x00", "").strip()
    place = _place(request)
    found = Agent.filter(Q(name__icontains=q) | Q(email__icontains=q), id__gt=place.after).order_by("id")
    shown, following = page_of(await found.limit(place.limit + 1), place)
    context = {
        "agents": [shown_agent(each, profile, language) for each in shown], "q": q,
        "next": f"{AGENTS}?{urlencode({'q': q, 'cursor': following})}" if following else "",
        "roles": roles(language), "sectors": [(each.slug, each.title) for each in profile.sectors],
        "draft": {**_EMPTY_DRAFT, **(draft or {})}, "invites": draft is None or "invite" in draft,
        "complaints": complaints_of(request, refused) if refused else [], "wrong": wrong_fields(refused),
    }  # fmt: skip
    return page(
        request, "admin/agents.html", context, actor=browser.actor, csrf_token=browser.csrf_token,
        status=http_status(refused.reason) if refused else 200,
    )  # fmt: skip


def _place(request: web.Request) -> Place:
    try:
        return place_of({"cursor": request.query["cursor"]} if request.query.get("cursor") else {})
    except InvalidFields:
        return Place()
