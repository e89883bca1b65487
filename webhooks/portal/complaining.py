"""What a refusal says on a page of the portal: field by field, and in the reader's language."""

from aiohttp import web

from core import clock
from core.decision import Reason
from core.errors import InvalidFields, Refused
from core.policy.reasons import public_text
from core.texts import tr
from webhooks.counter import counter_of, language_of

# Said on the page itself, with what was typed; any other refusal takes its place.
EXPLAINED = (
    Reason.INVALID_FIELDS, Reason.KEY_USER_QUOTA, Reason.LAST_ADMINISTRATOR, Reason.STALE_VERSION,
    Reason.INVALID_TRANSITION, Reason.RATE_LIMITED,
)  # fmt: skip
# What the catalogue says of tickets is said of users here.
_OF_USERS = {
    Reason.STALE_VERSION: "Somebody changed this user meanwhile.",
    Reason.INVALID_TRANSITION: "this user is blocked",
}  # fmt: skip

_FIELDS = {
    "email": "E-mail", "name": "Name", "phone": "Telephone", "role": "Role", "scopes": "Permissions",
    "administers": "Administration", "may_speak": "Speaking with support",
    "domains": "Mail domains", "document": "CNPJ or CPF", "key_user_quota": "Places for key users",
    "board_mailbox": "Mailbox of the board", "into": "E-mail of the user who stays", "merge": "Merge",
    "channel": "Channel", "since": "Since", "until": "Until", "sector": "Sector", "level": "Right",
}  # fmt: skip


def complaints_of(request: web.Request, refused: Refused) -> list[str]:
    """The lines to show; raises `refused` again when it is not to be explained on the page."""
    if refused.reason not in EXPLAINED:
        raise refused
    language, profile = language_of(request), counter_of(request).office.profile
    if isinstance(refused, InvalidFields) and refused.errors:
        # Of `overrides.0.channel` the last part is what the form calls it.
        named = [(name.rpartition(".")[2], them) for name, them in refused.errors.items()]
        said = [(tr(language, _FIELDS.get(name, name)), each) for name, them in named for each in them]
        return [f"{field}: {tr(language, each)}" for field, each in said]
    if refused.reason in _OF_USERS:
        return [tr(language, _OF_USERS[refused.reason])]
    return [public_text(refused.reason, language, profile, clock.now())]


def wrong_fields(refused: Refused | None) -> frozenset[str]:
    """The names of the fields that were complained about."""
    errors = refused.errors if isinstance(refused, InvalidFields) else {}
    return frozenset(name.rpartition(".")[2] for name in errors)
