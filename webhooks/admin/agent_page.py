"""The page of one agent: what he is at the desk, what else he may, and whether he is let in."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from core.decision import Reason
from core.errors import Refused
from core.people.agent_rights import Level, rights_of
from core.people.agents import ROLES
from core.people.tables import Agent
from core.policy.reasons import http_status
from core.profile import Profile
from core.texts import tr
from webhooks.console.labels import agent_role_label, level_label
from webhooks.counter import counter_of, language_of
from webhooks.portal.complaining import complaints_of, wrong_fields
from webhooks.rendering import page
from webhooks.security import Browser

AGENTS = "/admin/agents"
_SAID = {
    "added": "The agent was added.", "changed": "The change holds from now on.",
    "invited": "The invitation is on its way.",
    "reset": "No code is asked of the agent any more, until they set up a new second factor.",
}  # fmt: skip


async def agent_page(
    request: web.Request,
    browser: Browser,
    agent: Agent,
    *,
    refused: Refused | None = None,
    draft: Mapping[str, str] | None = None,
) -> web.Response:
    """The page, with what was refused about the last form and what was typed into it."""
    profile, language, said = counter_of(request).office.profile, language_of(request), request.query.get("said", "")
    await agent.refresh_from_db()
    context = {
        "agent": shown_agent(agent, profile, language), "is_oneself": agent.id == browser.actor.id,
        "roles": roles(language), "sectors": [(each.slug, each.title) for each in profile.sectors],
        "levels": [("", tr(language, "nothing")), *((each.value, level_label(language, each.value)) for each in Level)],
        "draft": {"role": agent.role, "sector": agent.sector, **(draft or {})},
        "complaints": _complaints(request, refused) if refused else [], "wrong": wrong_fields(refused),
        "said": tr(language, _SAID[said]) if said in _SAID else "",
    }  # fmt: skip
    return page(
        request, "admin/agent.html", context, actor=browser.actor, csrf_token=browser.csrf_token,
        status=http_status(refused.reason) if refused else 200,
    )  # fmt: skip


def _complaints(request: web.Request, refused: Refused) -> list[str]:
    """The catalogue speaks of an organization's administrators; this is the desk's."""
    if refused.reason is Reason.LAST_ADMINISTRATOR:
        return [tr(language_of(request), "The desk keeps at least one admin.")]
    return complaints_of(request, refused)


def roles(language: str) -> list[tuple[str, str]]:
    """The roles of agents and what they are called."""
    return [(role, agent_role_label(language, role)) for role in ROLES]


def shown_agent(agent: Agent, profile: Profile, language: str) -> dict[str, Any]:
    """The agent with words for codes."""
    also, titles = rights_of(agent.also), {each.slug: each.title for each in profile.sectors}
    return {
        "href": f"{AGENTS}/{agent.id}", "name": agent.name, "email": agent.email, "blocked": agent.blocked,
        "role": agent_role_label(language, agent.role), "sector": titles.get(agent.sector, agent.sector),
        "own_sector": agent.sector, "also": also, "has_factor": agent.totp_sealed is not None,
        "also_said": [f"{titles.get(slug, slug)}: {level_label(language, level)}" for slug, level in also.items()],
    }  # fmt: skip
