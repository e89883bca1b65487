"""The page of one organization: its facts, its own rules for channels, and who was merged into whom."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from aiohttp import web
from babel.dates import format_date

from core import clock
from core.errors import Refused
from core.message import Intent, Override
from core.people import organization_rows
from core.people.overrides import overrides_of
from core.people.tables import Organization, Person, PersonMerge
from core.policy.reasons import http_status
from core.texts import tr
from webhooks.admin.organization_fields import FACTS, typed_of
from webhooks.admin.signed_in import ORGANIZATIONS
from webhooks.console.labels import channel_label, intent_label
from webhooks.counter import counter_of, language_of
from webhooks.portal.complaining import complaints_of, wrong_fields
from webhooks.rendering import page
from webhooks.security import Browser

_SAID = {
    "added": "The organization was added. Add its first administrator among its people.",
    "changed": "The change holds from now on.", "parted": "They are two users again.",
}  # fmt: skip
_MAX_MERGES = 100


async def organization_page(
    request: web.Request,
    browser: Browser,
    organization: Organization,
    *,
    refused: Refused | None = None,
    draft: Mapping[str, str] | None = None,
) -> web.Response:
    """The page, with what was refused about the last form and what was typed into it."""
    profile, language, typed = counter_of(request).office.profile, language_of(request), draft or {}
    await organization.refresh_from_db()
    row, said = await organization_rows.row(organization, profile), request.query.get("said", "")
    facts = typed_of(row, organization.key_user_quota)
    context = {
        "organization": row, "href": f"{ORGANIZATIONS}/{organization.id}",
        "people": await Person.filter(organization_id=organization.id, merged_into_id=None).count(),
        "draft": {name: typed.get(name, "") for name in FACTS} if "name" in typed else facts,
        "overrides": [_shown(each, language) for each in overrides_of(organization.overrides)],
        "channels": [
            (slug, channel_label(language, slug)) for slug in profile.channels if _is_ever(slug, request)
        ],
        "intents": [(each.value, intent_label(language, each.value)) for each in Intent],
        "rule": {"channel": "", "since": "", "until": "", **(typed if "channel" in typed else {})},
        "merges": await _merges(organization),
        "complaints": complaints_of(request, refused) if refused else [], "wrong": wrong_fields(refused),
        "said": tr(language, _SAID[said]) if said in _SAID else "",
    }  # fmt: skip
    return page(
        request, "admin/organization.html", context, actor=browser.actor, csrf_token=browser.csrf_token,
        status=http_status(refused.reason) if refused else 200,
    )  # fmt: skip


def _is_ever(channel: str, request: web.Request) -> bool:
    """Whether the channel is official now or from some day on: no other may have a rule of its own."""
    profile = counter_of(request).office.profile
    return profile.is_official(channel, clock.now()) or any(each.may for each in profile.channels[channel].changes)


def _shown(override: Override, language: str) -> dict[str, Any]:
    return {
        "spelled": override.model_dump_json(), "channel": channel_label(language, override.channel),
        "may": ", ".join(intent_label(language, each.value) for each in override.may) or tr(language, "nothing"),
        "since": override.since, "since_said": _said(override.since, language),
        "until": override.until, "until_said": _said(override.until, language),
    }  # fmt: skip


def _said(day: date | None, language: str) -> str:
    return format_date(day, "short", locale=language.replace("-", "_")) if day else ""


async def _merges(organization: Organization) -> list[dict[str, Any]]:
    found = PersonMerge.filter(person__organization_id=organization.id, undone_at=None).order_by("-id")
    return [
        {"id": each.id, "person": each.person.name, "email": each.person.email, "into": each.into.name,
         "into_email": each.into.email, "at": each.merged_at.isoformat()}
        for each in await found.limit(_MAX_MERGES).select_related("person", "into")
    ]  # fmt: skip
