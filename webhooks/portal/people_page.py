"""The page of an organization's people: places, who waits, who is there, and the form for one more."""

from collections.abc import Mapping

from aiohttp import web

from core.errors import Refused
from core.people import person_rows
from core.people.administering import KEY_USER, quota_of
from core.people.pages import MAX_LIMIT, place_of
from core.people.rights import ROLES
from core.people.tables import Organization, Person
from core.policy.reasons import http_status
from core.policy.sensitive import masked
from core.texts import tr
from core.tickets import colleagues
from webhooks.console.answering import signed_in_administrator
from webhooks.console.labels import channel_label, person_role_label
from webhooks.counter import counter_of, language_of
from webhooks.portal.complaining import complaints_of, wrong_fields
from webhooks.portal.managed import Managed
from webhooks.portal.person_shown import shown_person
from webhooks.rendering import page

PATH = "/portal/people"
_SAID = {
    "authorised": "The user may speak with support now. What waited of them is on its way to the desk.",
    "authorised_only":
        "The user may speak with support now. Another rule keeps the message back; the desk decides about it.",
    "dismissed": "The message was dropped.",
}  # fmt: skip
_EMPTY_DRAFT = {"email": "", "name": "", "phone": "", "role": "reader"}


async def own_people(request: web.Request) -> Managed:
    """The people of whoever asks, who administers them; anybody else signed in is refused."""
    browser = await signed_in_administrator(request)
    return Managed(browser, await Organization.get(id=browser.actor.organization_id), PATH)


async def people_page(
    request: web.Request,
    managed: Managed,
    *,
    refused: Refused | None = None,
    draft: Mapping[str, str] | None = None,
) -> web.Response:
    """The page, with what was refused about the last form and what was typed into it."""
    office, language = counter_of(request).office, language_of(request)
    organization, path = managed.organization, managed.path
    cursor = {"cursor": request.query["cursor"]} if request.query.get("cursor") else {}
    found = await person_rows.page(organization.id, place_of({**cursor, "limit": str(MAX_LIMIT)}))
    # Their own administrator decides about colleagues; the desk's admin has the quarantine.
    waiting = await colleagues.waiting_in(organization.id, office.sealing) if managed.is_own else []
    said = request.query.get("said", "")
    context = {
        "managed": managed, "organization": organization.name,
        "people": [shown_person(each, language, managed) for each in found.items],
        "next": f"{path}?cursor={found.next}" if found.next else "",
        "places": _places(
            language, quota_of(organization, office.profile),
            await Person.filter(organization_id=organization.id, role=KEY_USER).count(),
        ),
        "waiting": [
            {"row": each, "subject": masked(each.subject, office.profile.sensitive),
             "channel": channel_label(language, each.channel)}
            for each in waiting
        ],
        "roles": [(role, person_role_label(language, role)) for role in ROLES],
        "draft": {**_EMPTY_DRAFT, **(draft or {})},
        "invites": draft is None or "invite" in draft,
        "complaints": complaints_of(request, refused) if refused else [],
        "wrong": wrong_fields(refused) if draft is not None else frozenset(),
        "said": tr(language, _SAID[said]) if said in _SAID else "",
    }  # fmt: skip
    return page(
        request, "portal/people.html", context, actor=managed.browser.actor, csrf_token=managed.browser.csrf_token,
        status=http_status(refused.reason) if refused else 200,
    )  # fmt: skip


def _places(language: str, quota: int | None, taken: int) -> str:
    if quota is None:
        return tr(language, "Key users: {taken}, as many as you like.", taken=taken)
    left = max(quota - taken, 0)
    return tr(language, "Key users: {taken} of {quota} places taken, {left} left.", taken=taken, quota=quota, left=left)
