"""`/admin/audit`: who changed what, and whether anybody meddled with the record of it."""

from collections.abc import Mapping
from urllib.parse import urlencode

from aiohttp import web

from core import audit_chain, clock
from core.decision import Reason
from core.errors import InvalidFields, Refused
from core.people.audit_trail import Row, TrailQuery, read_trail
from core.texts import tr
from core.verifying_audit import flaws
from webhooks.console.answering import answering_pages, signed_in_agent
from webhooks.counter import counter_of, language_of
from webhooks.rendering import page

routes = web.RouteTableDef()

_PATH = "/admin/audit"
_FILTERS = ("actor", "action", "object", "from", "to")
# Verifying a million rows takes a while: unasked, only the newest are.
NEWEST = 1_000


@routes.get(_PATH)
@answering_pages
async def show_audit(request: web.Request) -> web.StreamResponse:
    """One page of rows, newest first; what makes no sense in the address is said, and shows the first page."""
    browser = await signed_in_agent(request)
    if browser.actor.role != "admin":
        raise Refused(Reason.NOT_AUTHORIZED)
    language, zone = language_of(request), counter_of(request).office.profile.zone
    asked = {name: request.query[name] for name in (*_FILTERS, "cursor") if request.query.get(name)}
    complaints: list[str] = []
    try:
        wanted = TrailQuery.parse(asked, zone)
    except InvalidFields as error:
        complaints = [f"{path}: {tr(language, each)}" for path, them in error.errors.items() for each in them]
        asked, wanted = {}, TrailQuery()
    found = await read_trail(wanted)
    context = {
        "rows": [_shown(row) for row in found.items],
        "asked": {name: asked.get(name, "") for name in _FILTERS},
        "complaints": complaints,
        "older": _href({**asked, "cursor": found.next}) if found.next else "",
        "chain": await _chain(request, language),
    }
    return page(
        request, "admin/audit.html", context, actor=browser.actor, csrf_token=browser.csrf_token,
        status=422 if complaints else 200,
    )  # fmt: skip


def _shown(row: Row) -> Row:
    """The row with addresses that show only what its actor did, or what befell its object."""
    return row | {
        "actor_href": _href({"actor": row["actor"]}), "object_href": _href({"object": row["object"]}),
        "changed": [text for text in (row["before"], row["after"]) if text],
    }


async def _chain(request: web.Request, language: str) -> dict[str, object]:
    is_whole = request.query.get("verify") == "all"
    found = await flaws(counter_of(request).office.signing, newest=None if is_whole else NEWEST)
    end = await audit_chain.head()
    told = [tr(language, flaw.text, first=flaw.first, last=flaw.last) for flaw in found]
    return {
        "seq": int(end["seq"]) if end else 0, "digest": str(end["digest"]) if end else "",
        "waiting": await audit_chain.waiting_since(clock.now()), "is_whole": is_whole,
        "flaws": told, "verify_href": _href({"verify": "all"}),
    }


def _href(query: Mapping[str, str]) -> str:
    return f"{_PATH}?{urlencode(query)}"
