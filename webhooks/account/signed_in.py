"""Whose account it is: the pages of it know also who must enrol a second factor first."""

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from core.decision import Reason
from core.errors import InvalidFields, Refused
from core.people.actor import Actor
from core.people.actors import actor_of
from core.people.owners import Owner
from core.people.sessions import owner_of
from core.people.tables import Session
from core.texts import tr
from webhooks.console.form_fields import MAX_SMALL_BODY, read_form
from webhooks.counter import language_of
from webhooks.security import check_csrf, session_row_of


@dataclass(frozen=True, slots=True)
class Account:
    """A signed-in browser and the row of whoever it belongs to."""

    owner: Owner
    session: Session

    @property
    def actor(self) -> Actor:
        return actor_of(self.owner)

    @property
    def csrf_token(self) -> str:
        return self.session.csrf_token


async def account_of(request: web.Request) -> Account:
    """The account whose browser asks; nobody is led to the door."""
    session = await session_row_of(request)
    owner = owner_of(session) if session else None
    if session is None or owner is None:
        raise Refused(Reason.UNAUTHENTICATED)
    return Account(owner, session)


async def fields_of(request: web.Request, account: Account) -> Mapping[str, str]:
    """The fields of a form of his own page; 403 for any other."""
    fields = await read_form(request, MAX_SMALL_BODY)
    check_csrf(request, fields.get("csrf_token", ""), account.csrf_token)
    return fields


def complaints_of(request: web.Request, wrong: InvalidFields) -> dict[str, str]:
    """What is wrong with each field, in the reader's language."""
    language = language_of(request)
    return {field: "; ".join(tr(language, text) for text in texts) for field, texts in wrong.errors.items()}
