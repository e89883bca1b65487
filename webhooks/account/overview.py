"""`/account`: one's own password, second factor and signed-in browsers."""

from collections.abc import Mapping

from aiohttp import web

from core import clock
from core.decision import Reason
from core.errors import Refused
from core.people import sessions
from core.people.second_factor import owes_factor, recovery_codes_left
from core.texts import tr
from webhooks.account.signed_in import Account, account_of, fields_of
from webhooks.console.answering import answering_pages
from webhooks.counter import counter_of, language_of
from webhooks.rendering import page

routes = web.RouteTableDef()

PATH = "/account"
_SAID = {
    "password": "Your password was changed. Every other browser is signed out.",
    "removed": "No code is asked of you any more.",
    "ended": "The browser is signed out.",
}
_MAX_SHOWN = 100


@routes.get("/account")
@answering_pages
async def show(request: web.Request) -> web.StreamResponse:
    """His account as it stands."""
    return await account_page(request, await account_of(request))


async def account_page(
    request: web.Request, account: Account, complaints: Mapping[str, str] | None = None
) -> web.Response:
    """The page, with what was wrong about the last form."""
    office, now, language = counter_of(request).office, clock.now(), language_of(request)
    alive = await sessions.alive(account.owner, now).limit(_MAX_SHOWN)
    context = {
        "has_factor": account.owner.totp_sealed is not None,
        "owes_factor": owes_factor(account.owner, office.profile),
        "codes_left": recovery_codes_left(account.owner, office.sealing),
        "sessions": [
            {"id": each.id, "at": each.created_at.isoformat(), "is_this": each.id == account.session.id}
            for each in alive
        ],
        "complaints": complaints or {},
        "said": tr(language, _SAID[said]) if (said := request.query.get("said", "")) in _SAID else "",
    }
    return page(
        request, "account/overview.html", context, actor=account.actor, csrf_token=account.csrf_token,
        status=422 if complaints else 200,
    )  # fmt: skip


@routes.post("/account/sessions/{id:[0-9]{1,9}}/end")
@answering_pages
async def end_one(request: web.Request) -> web.StreamResponse:
    """Sign one of his own browsers out; one of somebody else does not exist."""
    account = await account_of(request)
    await fields_of(request, account)

    if not await sessions.end(account.owner, int(request.match_info["id"]), clock.now()):
        raise Refused(Reason.NOT_FOUND)
    return back("ended")


def back(word: str) -> web.Response:
    """Back to the account, which tells what was done."""
    return web.Response(status=303, headers={"Location": f"{PATH}?said={word}", "Cache-Control": "no-store"})
