"""Where is this mail? The ledger as a page: any message by sender, subject or id, and its story in plain words."""

from urllib.parse import urlencode

from aiohttp import web

from core.errors import InvalidFields
from core.texts import tr
from core.tickets.ledger import Row, find_intake
from webhooks.console.answering import answering_pages, signed_in_agent
from webhooks.console.labels import channel_label, rule_label, rule_outcome_label, stop_label
from webhooks.counter import counter_of, language_of
from webhooks.rendering import page

routes = web.RouteTableDef()

_PATH = "/console/received"
_STORIES = {
    "filed": "It was filed.",
    "held": "It waits for a decision in quarantine.",
    "discarded": "It was held, and an operator discarded it.",
    "expired": "It was held, and dropped because nobody decided in time.",
    "resolved": "It was held until another copy of it was filed.",
    "refused": "It was refused; nothing of what it said was kept.",
    "bounce": "It is a mail server's report about one of our own mails.",
}


@routes.get(_PATH)
@answering_pages
async def show_received(request: web.Request) -> web.StreamResponse:
    """One page of the ledger, newest first; a cursor that is none begins anew."""
    browser = await signed_in_agent(request)
    office, language = counter_of(request).office, language_of(request)
    q, cursor = request.query.get("q", "")[:500], request.query.get("cursor", "")
    try:
        found = await find_intake(office, q, actor=browser.actor, cursor=cursor)
    except InvalidFields:
        found = await find_intake(office, q, actor=browser.actor)
    context = {
        "rows": [_told(row, language) for row in found.items],
        "q": q,
        "older": f"{_PATH}?{urlencode({'q': q, 'cursor': found.next})}" if found.next else "",
    }
    return page(request, "received.html", context, actor=browser.actor, csrf_token=browser.csrf_token)


def _told(row: Row, language: str) -> Row:
    outcome = str(row["outcome"])
    steps = [str(step).partition("=") for step in row["trail"]]
    return row | {
        "channel_label": channel_label(language, row["channel"]),
        "story": tr(language, _STORIES[outcome]) if outcome in _STORIES else outcome,
        "why": stop_label(language, str(row["reason"])) if row["reason"] else "",
        "href": f"/console/tickets/{row['protocol']}" if row["protocol"] else "",
        "rules": [(rule_label(language, rule), rule_outcome_label(language, said)) for rule, _, said in steps],
    }
