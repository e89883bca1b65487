"""`/admin/simulate`: what the desk would do with a message that came right now, in words; nothing of it is done."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from core import clock
from core.errors import Refused
from core.message import Intent
from core.policy.reasons import http_status, public_text
from gateway.simulated import Simulated
from gateway.simulating import simulate
from gateway.simulating_doors import Knock, simulate_knock
from webhooks.admin.signed_in import signed_in_admin
from webhooks.admin.simulating_fields import FIELDS, Mail, question_of, read_asked
from webhooks.console.answering import answering_pages
from webhooks.console.labels import (
    channel_label,
    intent_label,
    rule_label,
    rule_outcome_label,
    simulated_label,
    stop_label,
)
from webhooks.counter import counter_of, language_of
from webhooks.portal.complaining import complaints_of, wrong_fields
from webhooks.rendering import page
from webhooks.security import Browser, check_csrf

routes = web.RouteTableDef()

_PATH = "/admin/simulate"


@routes.get(_PATH)
@answering_pages
async def show(request: web.Request) -> web.StreamResponse:
    """The forms."""
    return await _page(request, await signed_in_admin(request), {})


@routes.post(_PATH)
@answering_pages
async def tell(request: web.Request) -> web.StreamResponse:
    """What would become of it, with every rule that was asked; what was typed stays."""
    browser = await signed_in_admin(request)
    fields, file = await read_asked(request)
    check_csrf(request, fields.get("csrf_token", ""), browser.csrf_token)
    try:
        told = await _told(request, question_of(fields, file))
    except Refused as refused:
        return await _page(request, browser, fields, refused=refused)
    return await _page(request, browser, fields, told=told)


async def _told(request: web.Request, asked: Mail | Knock) -> Simulated:
    desk, now = counter_of(request).desk, clock.now()
    if isinstance(asked, Mail):
        return await simulate(asked.raw, asked.envelope, desk, now)
    return await simulate_knock(asked, desk, now)


async def _page(
    request: web.Request,
    browser: Browser,
    fields: Mapping[str, str],
    *,
    refused: Refused | None = None,
    told: Simulated | None = None,
) -> web.Response:
    profile, language = counter_of(request).office.profile, language_of(request)
    context = {
        "typed": {name: fields.get(name, "") for name in FIELDS},
        # A mail has its own form: it is judged by its bytes.
        "channels": [(slug, channel_label(language, slug)) for slug in profile.channels if slug != "email"],
        "intents": [(each.value, intent_label(language, each.value)) for each in Intent],
        "categories": [(each.slug, each.title) for each in profile.categories],
        "told": _shown(told, request) if told else None,
        "complaints": complaints_of(request, refused) if refused else [], "wrong": wrong_fields(refused),
    }  # fmt: skip
    return page(
        request, "admin/simulate.html", context, actor=browser.actor, csrf_token=browser.csrf_token,
        status=http_status(refused.reason) if refused else 200,
    )  # fmt: skip


def _shown(told: Simulated, request: web.Request) -> dict[str, Any]:
    language, profile = language_of(request), counter_of(request).office.profile
    return {
        "decision": simulated_label(language, told.decision), "is_stopped": told.decision != "accept",
        "why": stop_label(language, told.reason.value) if told.reason else "",
        "public": public_text(told.reason, language, profile, clock.now()) if told.reason else "",
        "rules": [(rule_label(language, step.rule), rule_outcome_label(language, step.outcome)) for step in told.trail],
        "protocol": told.ticket.protocol if told.ticket else "", "is_succeeded": told.is_succeeded,
        "smtp": told.smtp or "", "refused_recipients": list(told.refused_recipients.items()),
    }  # fmt: skip
