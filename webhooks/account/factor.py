"""`/account/second-factor`: enrolling an authenticator app, and giving it up again."""

from aiohttp import web

from core import clock
from core.decision import Reason
from core.errors import InvalidFields, Refused
from core.people import second_factor
from core.people.choosing_passwords import require_password
from core.people.sessions import begin_anew
from webhooks.account.enrolment import Enrolment, opened, shown
from webhooks.account.overview import account_page, back
from webhooks.account.signed_in import Account, account_of, complaints_of, fields_of
from webhooks.console.answering import answering_pages
from webhooks.console.letting_in import ENROL, place_of_browser, set_session
from webhooks.counter import counter_of
from webhooks.rendering import page

routes = web.RouteTableDef()


@routes.get(ENROL)
@answering_pages
async def show(request: web.Request) -> web.StreamResponse:
    """A fresh key for the app; who has a factor already goes back to his account."""
    account = await account_of(request)
    if account.owner.totp_sealed is not None:
        return web.Response(status=303, headers={"Location": "/account"})
    return _enrolment_page(request, account, Enrolment.fresh(clock.now()))


@routes.post(ENROL)
@answering_pages
async def enrol(request: web.Request) -> web.StreamResponse:
    """Confirm the app by one code: the recovery codes, told only now, under a new session id (W05)."""
    account = await account_of(request)
    fields = await fields_of(request, account)
    office, now = counter_of(request).office, clock.now()
    enrolment = opened(fields.get("enrolment", ""), account.owner, office.sealing, now)
    if enrolment is None:
        raise Refused(Reason.INVALID_TRANSITION, "This page is too old. Begin again with a new key.")
    try:
        codes = await second_factor.enrol(account.owner, enrolment.key, fields.get("code", ""), office.sealing, now)
    except InvalidFields as wrong:
        return _enrolment_page(request, account, enrolment, complaints_of(request, wrong).get("code", ""))

    begun = await begin_anew(account.owner, now, place_of_browser(request), has_shown_code=True)
    context = {"codes": codes}
    response = page(request, "account/recovery_codes.html", context, actor=account.actor, csrf_token=begun.csrf_token)
    set_session(request, response, begun)
    return response


@routes.post(f"{ENROL}/remove")
@answering_pages
async def remove(request: web.Request) -> web.StreamResponse:
    """Ask no code any more; the password and a code are asked once again."""
    account = await account_of(request)
    fields = await fields_of(request, account)
    office, now = counter_of(request).office, clock.now()
    try:
        await require_password(account.owner, fields.get("password", ""), now, field="factor_password")
        await second_factor.require_code(account.owner, fields.get("code", ""), office.sealing, now)
    except InvalidFields as wrong:
        return await account_page(request, account, complaints_of(request, wrong))

    await second_factor.remove(account.owner, now)
    begun = await begin_anew(account.owner, now, place_of_browser(request))
    response = back("removed")
    set_session(request, response, begun)
    return response


def _enrolment_page(
    request: web.Request, account: Account, enrolment: Enrolment, complaint: str = ""
) -> web.Response:
    office = counter_of(request).office
    context = shown(enrolment, account.owner, office) | {
        "complaint": complaint,
        "is_owed": second_factor.owes_factor(account.owner, office.profile),
    }
    return page(
        request, "account/second_factor.html", context, actor=account.actor, csrf_token=account.csrf_token,
        status=422 if complaint else 200,
    )  # fmt: skip
