"""Whose people a page is about, who asks, and where the pages lie: the asker's own, or any for the desk's admin."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial

from aiohttp import web

from core.people.tables import Organization
from webhooks.console.answering import answering_pages
from webhooks.security import Browser

_MAX_ID = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Managed:
    """An organization whose people `browser` manages, on pages below `path`."""

    browser: Browser
    organization: Organization
    path: str

    @property
    def is_own(self) -> bool:
        """Whether he is one of them himself."""
        return self.browser.actor.organization_id == self.organization.id

    @property
    def own_id(self) -> int:
        """His own number among them; 0 when he is none of them."""
        return self.browser.actor.id if self.is_own else 0


ManagedOf = Callable[[web.Request], Awaitable[Managed]]
Verb = Callable[[web.Request, Managed], Awaitable[web.StreamResponse]]
# Method, what follows the path, and what is done there.
Verbs = Sequence[tuple[str, str, Verb]]


def below(path: str, verbs: Verbs, managed_of: ManagedOf) -> list[web.RouteDef]:
    """The routes of `verbs` below `path`; each asks `managed_of` first, who refuses whoever may not."""
    make = {"GET": web.get, "POST": web.post}
    return [make[method](f"{path}{rest}", _answering(verb, managed_of)) for method, rest, verb in verbs]


def _answering(verb: Verb, managed_of: ManagedOf) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    return answering_pages(partial(_answer, verb, managed_of))


async def _answer(verb: Verb, managed_of: ManagedOf, request: web.Request) -> web.StreamResponse:
    return await verb(request, await managed_of(request))


def number_of(text: str) -> int | None:
    """The number a text says, or None where no row can have it."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else None
    return number if number is not None and number <= _MAX_ID else None
