"""The agents' list of tickets, by view and words, page by page."""

from urllib.parse import urlencode

from aiohttp import web

from core.errors import InvalidFields
from core.texts import tr
from core.tickets.list_query import ListQuery
from core.tickets.worklist import list_tickets, undelivered_among
from webhooks.console import labels
from webhooks.console.answering import answering_pages, signed_in_agent
from webhooks.console.shown import shown_row
from webhooks.counter import counter_of, language_of
from webhooks.rendering import page

routes = web.RouteTableDef()

_PATH = "/console/"
_TAKEN = ("view", "q", "cursor", "delivery")


@routes.get("/console")
async def with_slash(_: web.Request) -> web.Response:
    """The list lives at `/console/`."""
    return web.Response(status=308, headers={"Location": _PATH})


@routes.get(_PATH)
@answering_pages
async def show_list(request: web.Request) -> web.StreamResponse:
    """One page of the list; nonsense in the address shows the first page and says so."""
    browser = await signed_in_agent(request)
    profile, language = counter_of(request).office.profile, language_of(request)
    asked = {name: request.query[name] for name in _TAKEN if request.query.get(name)}
    asked.setdefault("view", "open")
    complaints: list[str] = []
    try:
        wanted = ListQuery.parse(asked, profile.zone)
    except InvalidFields as error:
        complaints = [f"{path}: {tr(language, each)}" for path, them in error.errors.items() for each in them]
        asked = {"view": "open"}
        wanted = ListQuery.parse(asked, profile.zone)
    found = await list_tickets(wanted, browser.actor, profile)
    numbers = await undelivered_among(each["number"] for each in found.items)

    context = {
        "tickets": [shown_row(each, profile, language) for each in found.items],
        "view": asked["view"],
        "current": "undelivered" if asked.get("delivery") else asked["view"],
        "views": _views(asked, language),
        "undelivered": {each["protocol"] for each in found.items if each["number"] in numbers},
        "delivery": asked.get("delivery", ""),
        "q": asked.get("q", ""),
        "complaints": complaints,
        "newer": _href({**asked, "cursor": ""}) if asked.get("cursor") else "",
        "older": _href({**asked, "cursor": found.next}) if found.next else "",
    }
    return page(
        request, "tickets.html", context, actor=browser.actor, csrf_token=browser.csrf_token,
        status=422 if complaints else 200,
    )  # fmt: skip


def _views(asked: dict[str, str], language: str) -> list[dict[str, str]]:
    """The views one may change to, which keep the words that are searched for."""
    queries = {slug: {"view": slug} for slug in labels.VIEWS} | {"undelivered": {"view": "all", "delivery": "failed"}}
    names = labels.VIEWS | {"undelivered": "Not delivered"}
    return [
        {"slug": slug, "label": tr(language, names[slug]), "href": _href({**query, "q": asked.get("q", "")})}
        for slug, query in queries.items()
    ]


def _href(query: dict[str, str]) -> str:
    return f"{_PATH}?{urlencode({name: text for name, text in query.items() if text})}"
