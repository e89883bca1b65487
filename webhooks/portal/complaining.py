"""What a refusal says on a page of the portal: field by field, and in the reader's language."""

from aiohttp import web

from core import clock
from core.decision import Reason
from core.errors import InvalidFields, Refused
from core.policy.reasons import public_text
from core.texts import tr
from webhooks.counter import counter_of, language_of

# Said on the page itself, with what was typed; any other refusal takes its place.
EXPLAINED = (Reason.INVALID_FIELDS, Reason.KEY_USER_QUOTA, Reason.LAST_ADMINISTRATOR, Reason.STALE_VERSION)

_FIELDS = {
    "email": "E-mail", "name": "Name", "phone": "Telephone", "role": "Role", "scopes": "Permissions",
    "administers": "Administration", "may_speak": "Speaking with support",
}  # fmt: skip


def complaints_of(request: web.Request, refused: Refused) -> list[str]:
    """The lines to show; raises `refused` again when it is not to be explained on the page."""
    if refused.reason not in EXPLAINED:
        raise refused
    language, profile = language_of(request), counter_of(request).office.profile
    if isinstance(refused, InvalidFields) and refused.errors:
        said = [(tr(language, _FIELDS.get(name, name)), each) for name, them in refused.errors.items() for each in them]
        return [f"{field}: {tr(language, each)}" for field, each in said]
    if refused.reason is Reason.STALE_VERSION:
        return [tr(language, "Somebody changed this user meanwhile.")]
    return [public_text(refused.reason, language, profile, clock.now())]


def wrong_fields(refused: Refused | None) -> frozenset[str]:
    """The names of the fields that were complained about."""
    return frozenset(refused.errors) if isinstance(refused, InvalidFields) else frozenset()
