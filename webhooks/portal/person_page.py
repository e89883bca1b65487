"""The page of one user: his rights with a form for each, and what the last form came to."""

from collections.abc import Mapping

from aiohttp import web

from core import clock
from core.errors import Refused
from core.people import person_rows
from core.people.tables import Person
from core.policy.reasons import http_status
from core.texts import tr
from webhooks.console.labels import person_role_label
from webhooks.counter import counter_of, language_of
from webhooks.portal.complaining import complaints_of
from webhooks.portal.managed import Managed
from webhooks.portal.person_shown import shown_person
from webhooks.rendering import page

_SAID = {
    "added": "The user was added.", "changed": "The change holds from now on.",
    "invited": "The invitation is on its way.", "merged": "The two users are one now.",
}  # fmt: skip


async def person_page(
    request: web.Request,
    managed: Managed,
    person: Person,
    *,
    refused: Refused | None = None,
    draft: Mapping[str, str] | None = None,
    code: str = "",
) -> web.Response:
    """The page; `code` is a fresh one that links a chat."""
    language, profile = language_of(request), counter_of(request).office.profile
    shown = shown_person(await person_rows.row(person), language, managed)
    said = request.query.get("said", "")
    context = {
        "managed": managed, "person": shown,
        "name": (draft or {}).get("name", shown["name"]),
        "into": (draft or {}).get("into", ""),
        "reader_label": person_role_label(language, "reader"),
        "has_telegram": profile.is_official("telegram", clock.now()),
        "code": code,
        "complaints": complaints_of(request, refused) if refused else [],
        "said": tr(language, _SAID[said]) if said in _SAID else "",
    }
    return page(
        request, "portal/person.html", context, actor=managed.browser.actor, csrf_token=managed.browser.csrf_token,
        status=http_status(refused.reason) if refused else 200,
    )  # fmt: skip
